/** Conversion of a checkpoint to a model: the model that the run would leave if it ended there. */

import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { scoresOf } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { PredictableManifest } from '../../contracts/models/model.js';
import { TrainyardError } from '../../errors/errors.js';
import { preprocessingMetadata } from '../../formats/preprocessing-recipe.js';
import { elements, Graph, type Shape, type Variable } from '../../graph/graph.js';
import { buildNetwork } from '../../networks/index.js';
import type { Checkpoint } from '../../store/checkpoints.js';
import { describePreprocessing, networkInput, resolveNormalization } from '../step/preprocessing.js';
import { servingModels, writeWeights } from './serving-graph.js';

/**
 * Returns the manifest and the files of the model. Throws `model_corrupt` if the checkpoint lacks weights of the spec's network.
 * Does not load TensorFlow.
 */
export function checkpointToModel(spec: JobSpec, { header, tensors }: Checkpoint, info: DatasetInfo) {
  const variables = weightVariables(spec, info);
  const shapes = new Map(variables.map(({ name, shape }) => [name, shape]));
  const weights = checkpointWeights(tensors, shapes);
  const parameters = variables.filter(({ role }) => role === 'parameter');
  const { position, steps, jobId } = header;
  // Within an epoch the weights have no scores: those of the last epoch belong to other weights.
  const scored = position.step === 0 ? header.events.findLast((event) => event.type === 'epoch') : undefined;
  const description: Omit<PredictableManifest, 'files'> = {
    jobId,
    createdAt: new Date().toISOString(),
    spec,
    parameters: parameters.reduce((sum, { shape }) => sum + elements(shape), 0),
    preprocessing: describePreprocessing(info, spec.dataset.resize, resolveNormalization(spec.normalization, info)),
    classes: [...info.classes],
    ...(scored && { scores: scoresOf(scored) }),
    ...(steps > 0 && { steps }),
  };
  const metadata = preprocessingMetadata(description.preprocessing);
  const files = {
    weights: () => writeWeights(weights, shapes, steps, metadata),
    ...servingModels(spec, info, info.classes.length, weights, metadata),
  };
  return { description, files };
}

/** Returns the parameters and running statistics of the spec's network. */
function weightVariables(spec: JobSpec, info: DatasetInfo): Variable[] {
  const graph = new Graph({ seed: spec.seed });
  graph.phase = 'evaluation';
  const images = graph.placeholder('images', 'uint8', [-1, info.height, info.width, info.channels]);
  buildNetwork(spec, networkInput(images, spec.dataset.resize), info.classes.length);
  return [...graph.variables.values()].filter(({ role }) => role === 'parameter' || role === 'statistic');
}

/**
 * Returns the weights of these shapes, or their averages if the run kept any: averages are scored and saved. Throws
 * `model_corrupt` if the checkpoint lacks one.
 */
export function checkpointWeights(
  tensors: Checkpoint['tensors'],
  shapes: ReadonlyMap<string, Shape>,
): Map<string, Float32Array> {
  return new Map([...shapes].map(([name, shape]) => [name, checkpointWeight(tensors, name, elements(shape))]));
}

function checkpointWeight(tensors: Checkpoint['tensors'], name: string, length: number): Float32Array {
  const values = (tensors.get(`${name}.average`) ?? tensors.get(name))?.values;
  if (values?.length === length) return values;
  throw new TrainyardError('model_corrupt', `The checkpoint does not have the ${length} numbers of "${name}".`);
}
