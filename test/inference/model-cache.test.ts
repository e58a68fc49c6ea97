/** Parity check and memory limit of the model cache. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGolden, type Golden } from '../../src/formats/golden-predictions.js';
import { requireParity } from '../../src/inference/parity.js';
import { createPredictorPool, type PredictorPool } from '../../src/inference/predictor-pool.js';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { captureLog } from '../support/capture-log.js';
import { saveTinyModel } from '../support/models.js';

let folder: string;
let store: ModelStore;
let predictor: PredictorPool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-gate-'));
  store = await openModelStore(folder);
  const predictorUrl = pathToFileURL(join(import.meta.dirname, '../../dist/predictor.js'));
  predictor = createPredictorPool({ logger: captureLog().logger, predictorUrl, memoryBytes: 64 * 2 ** 20 });
});
afterAll(async () => {
  await predictor.close();
  await rm(folder, { recursive: true });
});

const pixels = Uint8Array.from({ length: 2 * 784 }, (_, index) => (index * 37) % 256);
const ask = (model: Parameters<PredictorPool['predict']>[0]) => predictor.predict(model, pixels, 2);

/** Outputs of the graph with this seed. */
async function goldenOf(seed: number): Promise<Golden> {
  const { logits } = await ask(await saveTinyModel(store, { name: `source-${seed}`, seed }));
  return { shape: [2, 28, 28, 1], pixels, logits };
}

describe('a model with golden predictions', () => {
  it('is served and listed as loaded if it reproduces them', async () => {
    const model = await saveTinyModel(store, { name: 'good', seed: 1, golden: encodeGolden(await goldenOf(1)) });
    expect(predictor.stateOf(model)).toEqual({ loaded: false, passed: false, runtime: 'tensorflow' });
    expect((await ask(model)).logits).toEqual((await goldenOf(1)).logits);
    expect(predictor.stateOf(model)).toEqual({
      loaded: true,
      passed: true,
      runtime: 'tensorflow',
      bytes: expect.any(Number),
    });
  });

  it('is refused with a reason if it has other weights, and other models are served', async () => {
    const model = await saveTinyModel(store, { name: 'swapped', seed: 2, golden: encodeGolden(await goldenOf(1)) });
    const refusal = {
      code: 'model_parity',
      message: expect.stringMatching(/for image \d, logits \d it returns .*was stored/),
    };
    await expect(ask(model)).rejects.toMatchObject(refusal);
    await expect(ask(model)).rejects.toMatchObject(refusal); // cached: not loaded again for each request
    expect(predictor.stateOf(model)).toMatchObject({ loaded: false, refused: refusal });
    await ask(await saveTinyModel(store, { name: 'other', seed: 3 }));
  });

  it('is refused as corrupt if its file has changed', async () => {
    const model = await saveTinyModel(store, { name: 'flipped', seed: 1, golden: encodeGolden(await goldenOf(1)) });
    const path = join(model.folder, 'golden.safetensors');
    const bytes = await readFile(path);
    bytes.set([1], bytes.length - 1);
    await writeFile(path, bytes);
    await expect(ask(model)).rejects.toMatchObject({ code: 'model_corrupt', message: expect.stringContaining(path) });
  });
});

it('closes the least recently used models when memory runs out', async () => {
  const models = [];
  for (const seed of [1, 2, 3]) models.push(await saveTinyModel(store, { name: `lru-${seed}`, seed }));
  const [first, second, third] = models as [never, never, never];
  for (const model of [first, second, third, first, second]) await ask(model); // three of 20 MiB fit
  expect(models.map((model) => predictor.stateOf(model).loaded)).toEqual([true, true, true]);
  await ask(await saveTinyModel(store, { name: 'lru-4', seed: 4 }));
  expect(models.map((model) => predictor.stateOf(model).loaded)).toEqual([true, true, false]);
});

describe('the parity check', () => {
  const golden: Golden = { shape: [1, 1, 1, 1], pixels: Uint8Array.of(0), logits: Float32Array.of(10, 0) };
  const answer = (logit: number, probability = 1) => ({
    logits: Float32Array.of(logit, 0),
    probabilities: Float32Array.of(probability, 1 - probability),
  });
  const check = (...[given, precision = 'float32']: [ReturnType<typeof answer>, ('float32' | 'bfloat16')?]) =>
    requireParity(golden, given, precision, 'here');

  it('allows differences of 0.1 % of the largest logit in float32 and 5 % in bfloat16', () => {
    expect(() => check(answer(10.009))).not.toThrow();
    expect(() => check(answer(10.011))).toThrow('logits 0 it returns 10.0110, and 10.0000 was stored');
    expect(() => check(answer(10.4), 'bfloat16')).not.toThrow();
    expect(() => check(answer(10.6), 'bfloat16')).toThrow();
  });

  it('rejects NaN, another number of classes, and probabilities that do not match the logits', () => {
    expect(() => check(answer(Number.NaN))).toThrow('it returns NaN');
    expect(() => check({ logits: Float32Array.of(10), probabilities: Float32Array.of(1) })).toThrow('1 logits, and 2');
    expect(() => check(answer(10, 0.5))).toThrow('probabilities 0');
  });
});
