/** Training and serving agree: the same pixels and the same outputs to five digits, for each network. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { NETWORK_NAMES, type NetworkName } from '../../src/contracts/networks/network.js';
import type { NormalizationSpec } from '../../src/contracts/training/training-options.js';
import { datasets, loadDataset } from '../../src/datasets/index.js';
import { createClassifier } from '../../src/inference/classifier.js';
import { createPredictorPool, type PredictorPool } from '../../src/inference/predictor-pool.js';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { writeServingModels } from '../../src/training/result/serving-graph.js';
import { describePreprocessing, resolveNormalization } from '../../src/training/step/preprocessing.js';
import { openProgram } from '../../src/training/step/program.js';
import { captureLog } from '../support/capture-log.js';
import { describeModel, resolverOf } from '../support/models.js';

const IMAGES = 4;
const info = datasets['fashion-mnist'];

let folder: string;
let store: ModelStore;
let predictors: Readonly<Record<'ONNX Runtime' | 'TensorFlow', PredictorPool>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-parity-'));
  store = await openModelStore(folder);
  const predictorUrl = pathToFileURL(join(import.meta.dirname, '../../dist/predictor.js'));
  const { logger } = captureLog();
  predictors = {
    'ONNX Runtime': createPredictorPool({ logger, predictorUrl }),
    TensorFlow: createPredictorPool({ logger, predictorUrl, device: 'cuda' }), // which computes on the CPU where there is no GPU
  };
});
afterAll(async () => {
  await Promise.all(Object.values(predictors).map((predictor) => predictor.close()));
  await rm(folder, { recursive: true });
});

const cases = NETWORK_NAMES.flatMap((network): [NetworkName, string, NormalizationSpec][] => [
  [network, 'none', 'none'],
  [network, 'that of the data set', 'dataset'],
  [network, 'its own', { mean: [0.5], std: [0.1] }],
]);

describe.each(cases)('%s with normalization %s', (network, label, normalization) => {
  it('predicts PNG files with both runtimes as the training program predicts the data set', async () => {
    const resize = 32;
    const name = `${network}.${label.replaceAll(' ', '-')}`;
    const dataset = { resize, trainSamples: 64, testSamples: IMAGES };
    const spec = resolveJob({ network, name, dataset, normalization });
    const { train, test } = await loadDataset(spec.dataset, spec.seed, { datasetsDir: loadConfig().datasetsDir });
    const program = openProgram(spec, info, info.classes.length);
    program.train({ images: train.images, labels: Int32Array.from(train.labels) }, 1);
    const expected = softmax(program.logits(test.images), info.classes.length);

    const preprocessing = describePreprocessing(info, resize, resolveNormalization(normalization, info));
    await store.save(
      { ...describeModel({ name, jobId: name, classes: info.classes, resize }), spec, preprocessing },
      { weights: Buffer.of(), ...writeServingModels(spec, info, info.classes.length, program.weights()) },
    );
    program.close();

    const files = Array.from({ length: IMAGES }, (_, index) =>
      sharp(test.images.subarray(index * 784, (index + 1) * 784), { raw: { width: 28, height: 28, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    );
    const images = (await Promise.all(files)).map((bytes) => ({ type: 'file', bytes, pointer: '' }) as const);
    for (const [runtime, predictor] of Object.entries(predictors)) {
      const classifier = createClassifier({ resolver: resolverOf(store), predictor });
      const { outputs } = await classifier.classify(
        { model: name, images },
        { client: 'a', signal: AbortSignal.timeout(60_000) },
      );
      for (const [index, probability] of outputs.probabilities.entries()) {
        expect(probability, runtime).toBeCloseTo(expected.flat()[index] ?? Number.NaN, 4);
      }
      expect(outputs.probabilities, runtime).toHaveLength(IMAGES * info.classes.length);
    }
  });
});

function softmax(logits: Float32Array, classes: number): number[][] {
  return Array.from({ length: logits.length / classes }, (_, row) => {
    const powers = Array.from(logits.subarray(row * classes, (row + 1) * classes), Math.exp);
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
}
