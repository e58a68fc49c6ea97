/** Deadlines, disconnected clients and moved references of a classification. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import { type Classifier, createClassifier, type SentImage } from '../../src/inference/classifier.js';
import { createPredictorPool, type PredictorPool } from '../../src/inference/predictor-pool.js';
import { createResolver } from '../../src/inference/resolver.js';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { captureLog } from '../support/capture-log.js';
import { resolverOf, saveTinyModel } from '../support/models.js';

let folder: string;
let store: ModelStore;
let predictor: PredictorPool;
let slow: SentImage[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-classifier-'));
  store = await openModelStore(folder);
  await saveTinyModel(store);
  const predictorUrl = pathToFileURL(join(import.meta.dirname, '../../dist/predictor.js'));
  predictor = createPredictorPool({ logger: captureLog().logger, predictorUrl });
  const bytes = await sharp({ create: { width: 2_000, height: 2_000, channels: 3, background: 'red' } })
    .png({ progressive: true })
    .toBuffer();
  slow = Array.from({ length: 256 }, (_, index) => ({ type: 'file', bytes, pointer: `/images/${index}` }));
});
afterAll(async () => {
  await predictor.close();
  await rm(folder, { recursive: true });
});

const small = (): SentImage[] => [
  { type: 'instance', values: new Array(28).fill(new Array(28).fill(255)), pointer: '/instances/0' },
];

it('rejects a request whose decoding exceeds the deadline, and answers the next one', async () => {
  const classifier = createClassifier({ resolver: resolverOf(store), predictor });
  const late = new Error('late');
  const deadline = new AbortController();
  const answer = classifier.classify({ model: 'boots', images: slow }, { client: 'a', signal: deadline.signal });
  setTimeout(() => deadline.abort(late), 100);
  await expect(answer).rejects.toBe(late);
  const { images, outputs } = await classifier.classify(
    { model: 'boots', images: small() },
    { client: 'a', signal: new AbortController().signal },
  );
  expect([images, outputs.probabilities.length, outputs.logits.length]).toEqual([1, 3, 3]);
});

it('does not wait beyond the deadline for the conversion of a checkpoint', async () => {
  const job = { id: 'a-job' } as Job;
  const resolver = createResolver({
    store,
    findJob: async () => job,
    openCheckpoint: () => new Promise(() => undefined),
  });
  const classifier = createClassifier({ resolver, predictor });
  const model = 'job:0b5f9ab5-8d5c-4a35-8b1c-31a5a3a6a2f1@last';
  const late = new Error('late');
  const asked = [
    (signal: AbortSignal) => classifier.classify({ model, images: small() }, { client: 'a', signal }),
    (signal: AbortSignal) => classifier.load(model, { client: 'a', signal }),
    (signal: AbortSignal) => classifier.resolve(model, signal),
  ];
  for (const ask of asked) {
    const deadline = new AbortController();
    const answer = ask(deadline.signal);
    deadline.abort(late);
    await expect(answer).rejects.toBe(late);
  }
  await expect(
    classifier.classify({ model, images: small() }, { client: 'a', signal: AbortSignal.abort(late) }),
  ).rejects.toBe(late);
});

it('skips the images of a client that has disconnected, and rejects with its reason', async () => {
  const classifier = createClassifier({ resolver: resolverOf(store), predictor });
  const client = new AbortController();
  const answer = classifier.classify({ model: 'boots', images: slow }, { client: 'a', signal: client.signal });
  client.abort(new Error('gone'));
  await expect(answer).rejects.toThrow('gone');
});

it('rejects a request at its first damaged image and skips the images after it', async () => {
  const classifier = createClassifier({ resolver: resolverOf(store), predictor });
  const images: SentImage[] = [{ type: 'file', bytes: Buffer.from('text'), pointer: '/images/0' }, ...slow];
  await expect(
    classifier.classify(
      { model: 'boots', images: images.slice(0, 256) },
      { client: 'a', signal: new AbortController().signal },
    ),
  ).rejects.toMatchObject({
    code: 'invalid_image',
    errors: [{ pointer: '/images/0' }],
  });
});

it('decodes at most 128 MiB of pixels, of which mirror images take half', async () => {
  await saveTinyModel(store, { name: 'large', classes: ['a', 'b'], side: 512, channels: 3 });
  const classifier = createClassifier({ resolver: resolverOf(store), predictor });
  const ask = (count: number, flip = false) => {
    const images = Array.from({ length: count }, (_, index): SentImage => {
      return { type: 'file', bytes: Buffer.from('text'), pointer: `/images/${index}` };
    });
    return classifier.classify({ model: 'large', flip, images }, { client: 'a', signal: new AbortController().signal });
  };
  await expect(ask(170)).rejects.toMatchObject({ code: 'invalid_image' });
  await expect(ask(171)).rejects.toMatchObject({
    code: 'payload_too_large',
    message: expect.stringMatching(/at most 170 images of 512×512×3 in a request \(got 171\)/),
  });
  await expect(ask(85, true)).rejects.toMatchObject({ code: 'invalid_image' });
  await expect(ask(86, true)).rejects.toMatchObject({
    message: expect.stringContaining('in a request with flip (got 86)'),
  });
});

describe('a loaded model', () => {
  const ask = (classifier: Classifier, model: string) =>
    classifier.classify({ model, images: small() }, { client: 'a', signal: new AbortController().signal });

  it('predicts while the reference is still being resolved', async () => {
    const resolver = resolverOf(store);
    let endLook = (): void => undefined;
    const looked = new Promise<void>((resolve) => {
      endLook = resolve;
    });
    const classifier = createClassifier({
      resolver: { ...resolver, resolve: (name) => looked.then(() => resolver.resolve(name)) },
      predictor,
    });
    await predictor.predict(await resolver.resolve('boots'), new Uint8Array(784), 1);
    const images = () => predictor.statistics().find(({ name }) => name === 'boots')?.images ?? 0;
    const before = images();
    const answer = ask(classifier, 'boots');
    await vi.waitUntil(() => images() === before + 1);
    endLook();
    expect((await answer).model.source).toEqual({ name: 'boots', version: 1 });
    expect(images()).toBe(before + 1);
  });

  it('does not answer after its label has moved', async () => {
    await saveTinyModel(store, { name: 'moved', seed: 1 });
    await saveTinyModel(store, { name: 'moved', seed: 2 });
    const classifier = createClassifier({ resolver: resolverOf(store), predictor });
    const answers = [];
    for (const version of [1, 2, 1]) {
      await store.labels.move('moved', 'stable', { version });
      const { model, outputs } = await ask(classifier, 'moved@stable');
      expect(model.source).toEqual({ name: 'moved', version });
      const byVersion = await ask(classifier, `moved@${version}`);
      expect(outputs).toEqual(byVersion.outputs);
      answers.push(outputs.logits);
    }
    expect(answers[0]).not.toEqual(answers[1]);
    expect(answers[0]).toEqual(answers[2]);
  });

  it('does not answer after its deletion', async () => {
    await saveTinyModel(store, { name: 'removed', seed: 1 });
    const classifier = createClassifier({ resolver: resolverOf(store), predictor });
    for (const _ of [1, 2]) await ask(classifier, 'removed');
    await store.remove({ name: 'removed' });
    await expect(ask(classifier, 'removed')).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
