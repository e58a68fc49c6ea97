/** Manifests of earlier versions: their models stay usable. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModelStore } from '../../src/store/index.js';
import { describeModel } from '../support/models.js';

let modelsDir: string;
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-models-'));
});
afterEach(() => rm(modelsDir, { recursive: true, force: true }));

/** Spec and preprocessing of the first manifests. */
const spec = {
  network: 'resnet',
  name: 'boots',
  dataset: { name: 'fashion-mnist', resize: 96, trainSamples: 60_000, testSamples: 10_000 },
  batchSize: 128,
  epochs: 5,
  optimizer: { name: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  seed: 0,
  stepInterval: 10,
};
const preprocessing = {
  height: 28,
  width: 28,
  channels: 1,
  fit: 'contain',
  background: 0,
  scale: 1 / 255,
  resize: 96,
};

/** Saves a model and replaces these parts of its manifest. */
async function saveOlder(parts: object) {
  const store = await openModelStore(modelsDir);
  const { name, version } = await store.save(describeModel(), {
    weights: Buffer.from('weights'),
    savedModel: Buffer.from('graph'),
  });
  const path = join(modelsDir, name, String(version), 'manifest.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...parts }));
  return store.get({ name, version });
}

describe('a manifest from before an option existed', () => {
  it('is read with the value that had the same effect', async () => {
    const { manifest } = await saveOlder({ spec, preprocessing });
    expect(manifest.preprocessing).toEqual({
      ...preprocessing,
      ...{ cropShare: 1, decoding: 'managed', interpolation: 'fast', antialias: true, mean: [0], std: [1] },
    });
    expect(manifest.spec).toMatchObject({
      ...spec,
      dataset: { ...spec.dataset, validationSamples: 0 },
      optimizer: { ...spec.optimizer, weightDecay: 0, decayNormAndBias: false },
      augmentation: { crop: 0, flip: false, erasing: 0, cutout: 0, mixup: 0 },
      normalization: 'none',
      schedule: { name: 'constant' },
      microBatchSize: 128,
      precision: 'float32',
      labelSmoothing: 0,
      gradientClipNorm: null,
      emaDecay: null,
      earlyStopping: null,
      maxSeconds: null,
    });
  });

  it('is read as a letterbox if it was imported', async () => {
    const { preprocessing: old, ...imported } = describeModel();
    const { height, width, channels, fit, background, scale, resize, mean, std } = old;
    const { manifest } = await saveOlder({
      ...{ imported: { sha256: 'a'.repeat(64), bytes: 1 }, jobId: undefined, spec: imported.spec },
      preprocessing: { height, width, channels, fit, background, scale, resize, mean, std },
    });
    expect(manifest.preprocessing).toEqual(old);
  });

  it('keeps an existing schedule', async () => {
    const schedule = { name: 'one-cycle', peakAt: 0.3, startFactor: 0.04, finalFactor: 0.000004 };
    const { manifest } = await saveOlder({ spec: { ...spec, schedule }, preprocessing });
    expect(manifest.spec).toMatchObject({ schedule });
  });

  it('keeps existing fields', async () => {
    const { manifest } = await saveOlder({
      spec: { ...spec, microBatchSize: 64, normalization: 'dataset' },
      preprocessing: { ...preprocessing, mean: [0.5], std: [0.25] },
    });
    expect(manifest.preprocessing).toMatchObject({ mean: [0.5], std: [0.25] });
    expect(manifest.spec).toMatchObject({ microBatchSize: 64, normalization: 'dataset' });
  });

  it.each([
    ['no network', { spec: { ...spec, network: undefined } }],
    ['an optimizer that is a number', { spec: { ...spec, optimizer: 5 } }],
    ['no data set', { spec: { ...spec, dataset: undefined } }],
    ['no spec', { spec: null }],
    ['no size', { spec, preprocessing: {} }],
  ])('is still corrupt with %s', async (_, parts) => {
    await expect(saveOlder(parts)).rejects.toMatchObject({ code: 'model_corrupt' });
  });
});
