/** Small models for tests, as a trainer saves them. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import {
  DEFAULT_IMAGE_PREPROCESSING,
  type ImagePreprocessing,
} from '../../src/contracts/images/image-preprocessing.js';
import { type Job, type JobSpec, resolveJob } from '../../src/contracts/jobs/job.js';
import type { EndReason } from '../../src/contracts/jobs/stop-reason.js';
import type { ModelDescription } from '../../src/contracts/models/model.js';
import type { ModelReference } from '../../src/contracts/references/model-reference.js';
import { Graph } from '../../src/graph/graph.js';
import { cast, flatten, scale } from '../../src/graph/ops.js';
import { writeSavedModel } from '../../src/graph/saved-model.js';
import { createResolver, type ResolvedModel, type Resolver } from '../../src/inference/resolver.js';
import type { ModelStore } from '../../src/store/index.js';

type Choice = Readonly<{
  name?: string;
  jobId?: string;
  createdAt?: string;
  classes?: string[];
  side?: number;
  channels?: 1 | 3;
  resize?: number;
  temperature?: number;
  reason?: EndReason;
  images?: ImagePreprocessing;
}>;

/** Describes a model. Default: 28 × 28 grey pixels and three classes. */
export function describeModel({
  name = 'boots',
  jobId = 'job',
  createdAt = '2026-01-01T00:00:00.000Z',
  classes = ['a', 'b', 'c'],
  side = 28,
  channels = 1,
  resize = side,
  temperature,
  reason,
  images = DEFAULT_IMAGE_PREPROCESSING,
}: Choice = {}): ModelDescription & Required<Pick<ModelDescription, 'scores'>> & { spec: JobSpec } {
  return {
    jobId,
    createdAt,
    spec: resolveJob({ network: 'resnet', name, dataset: { name: 'synthetic', resize } }),
    parameters: 10,
    preprocessing: {
      height: side,
      width: side,
      channels,
      ...images,
      scale: 1 / 255,
      resize,
      mean: [0],
      std: [1],
    },
    classes,
    ...(temperature !== undefined && { temperature }),
    scores: { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, testLoss: 1, testAccuracy: 0.5 },
    ...(reason && { reason }),
  };
}

/** Builds a SavedModel with the usual signature and one linear layer of random weights. */
export function buildTinyGraph({
  classes,
  side = 28,
  channels = 1,
  seed = 1,
  factor = 1,
}: Readonly<{ classes: number; side?: number; channels?: 1 | 3; seed?: number; factor?: number }>): Uint8Array {
  const random = xoroshiro128plus(seed);
  const inputs = side * side * channels;
  const weights = Float32Array.from({ length: inputs * classes }, () => (factor * random.next()) / 2 ** 33);
  const graph = new Graph();
  const images = graph.placeholder('images', 'uint8', [-1, side, side, channels]);
  const x = flatten(scale(cast(images, 'float32'), 1 / 255));
  const product = graph.op(
    'MatMul',
    [x, graph.constant(weights, 'float32', [inputs, classes])],
    { T: 'float32', transpose_a: false, transpose_b: false },
    [-1, classes],
  );
  const logits = graph.op('Identity', [product], { T: 'float32' }, product.shape, { name: 'logits' });
  const probabilities = graph.op('Softmax', [logits], { T: 'float32' }, logits.shape, { name: 'probabilities' });
  return writeSavedModel([], { inputs: { images }, outputs: { probabilities, logits } });
}

/** Saves a model of one linear layer. A different seed gives different weights. */
export async function saveTinyModel(
  store: ModelStore,
  choice: Choice & { seed?: number; factor?: number; golden?: Uint8Array } = {},
): Promise<ResolvedModel> {
  const description = describeModel({ jobId: `${choice.name}-${choice.seed}`, ...choice });
  const { height: side, channels } = description.preprocessing;
  const savedModel = buildTinyGraph({ ...choice, classes: description.classes.length, side, channels });
  const { name, version } = await store.save(description, {
    weights: Buffer.from('none'),
    savedModel,
    ...(choice.golden && { golden: choice.golden }),
  });
  return resolverOf(store).resolve(`${name}@${version}`);
}

/** Returns the model that a job has stored. Throws if it has none. */
export function modelReference({ id, model }: Job): ModelReference {
  if (model === undefined) throw new Error(`Job ${id} has stored no model.`);
  return model;
}

/** Creates a resolver for the models of a store, and for jobs that `findJob` finds. Default: no jobs. */
export const resolverOf = (
  store: ModelStore,
  findJob: (id: string) => Promise<Job | undefined> = async () => undefined,
): Resolver =>
  createResolver({
    store,
    findJob,
    openCheckpoint: async ({ id }) => {
      throw new Error(`This test has no job ${id}.`);
    },
  });
