/** Images of one's own, from the archive to the answer, through the whole service as `npm start` runs it. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { call, waitForFrame } from '../../bench/support/jobs.js';
import { startTrainyard } from '../../bench/support/service.js';
import type { DatasetInfo } from '../../src/contracts/datasets/dataset.js';
import type { DatasetDetails, DatasetImagePage, DuplicatePage } from '../../src/contracts/datasets/dataset-content.js';
import type { Job } from '../../src/contracts/jobs/job.js';
import type { DatasetEvaluationDetails } from '../../src/contracts/models/dataset-evaluation.js';
import type { Evaluation } from '../../src/contracts/models/evaluation.js';
import type { ModelVersion } from '../../src/contracts/models/stored-model.js';
import type { TestPredictionPage } from '../../src/contracts/models/test-image.js';
import { pictureOf, pictures, placeOf, SIDE, zipOf } from '../support/archive.js';
import { descendants } from '../support/processes.js';

let service: Awaited<ReturnType<typeof startTrainyard>>;
let dataDir: string;
let archive: Buffer;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-own-'));
  service = await startTrainyard(dataDir, { MAX_DATASET_MB: '1' });
  archive = await zipOf(await pictures('', 30));
});
afterAll(async () => {
  await service.close();
  await rm(dataDir, { recursive: true, force: true });
});

type Answer = {
  status: number;
  body: DatasetInfo & { code?: string; detail?: string; errors?: { pointer: string; message: string }[] };
};

async function send(
  method: string,
  path: string,
  body?: Uint8Array | string,
  type = 'application/zip',
): Promise<Answer> {
  const response = await fetch(`${service.address}${path}`, {
    method,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : Uint8Array.from(body),
      ...(type !== '' && { headers: { 'content-type': type } }),
    }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? ({} as Answer['body']) : (JSON.parse(text) as Answer['body']) };
}

const jobOn = (dataset: object, more: object = {}) =>
  JSON.stringify({
    network: 'resnet',
    networkOptions: { variant: 'resnet18', stem: 'small', width: 8, blocks: [1, 1] },
    dataset,
    batchSize: 12,
    epochs: 3,
    optimizer: { name: 'adam', learningRate: 0.01 },
    ...more,
  });

const submit = (dataset: object, more: object = {}): Promise<Answer> =>
  send('POST', '/jobs', jobOn(dataset, more), 'application/json');

/** Evaluates the model of the first test on the data set of its name. */
async function evaluateOnColours(): Promise<DatasetEvaluationDetails> {
  const models = '/models/colours-resnet';
  const { body } = await send('POST', `${models}@1/evaluations`, '{"dataset":"colours"}', 'application/json');
  const { id } = body as unknown as { id: string };
  const read = () => call<DatasetEvaluationDetails>(`${service.address}${models}/versions/1/evaluations/${id}`);
  await expect.poll(async () => (await read()).endedAt, { timeout: 60_000 }).toBeDefined();
  return read();
}

describe('a data set of one’s own', () => {
  let trained: Job;

  it('is imported, trained on in colour, and its model tells the classes apart', async () => {
    const { status, body } = await send('PUT', `/datasets/colours?side=${SIDE}&testShare=0.2`, archive);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { channels: 3, height: SIDE, trainSamples: 72, testSamples: 18, classes: ['blue', 'green', 'red'] },
    });
    expect(await call<DatasetInfo>(`${service.address}/datasets/colours`)).toEqual(body);
    const { datasets } = await call<{ datasets: DatasetInfo[] }>(`${service.address}/datasets`);
    expect(datasets.map(({ name }) => name)).toEqual(['fashion-mnist', 'synthetic', 'colours']);

    const submitted = await submit({ name: 'colours', validationSamples: 12 }, { normalization: 'dataset' });
    expect(submitted.status).toBe(202);
    const job = submitted.body as unknown as Job;
    expect(job.spec.dataset).toEqual({
      name: 'colours',
      resize: SIDE,
      trainSamples: 72,
      testSamples: 18,
      validationSamples: 12,
      stratified: true,
    });
    trained = job;
    const end = await waitForFrame(service.address, job.id, 'end');
    expect(end).toMatchObject({ status: 'succeeded', model: { name: 'colours-resnet', version: 1 } });

    for (const colour of ['red', 'green', 'blue']) {
      const answer = await fetch(`${service.address}/predict?model=colours-resnet&topK=1`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: Uint8Array.from(await pictureOf(placeOf(colour), 77, 'jpeg')),
      });
      expect(await answer.json()).toMatchObject({ predictions: [[{ label: colour }]] });
    }
    const evaluation = await call<Evaluation>(`${service.address}/models/colours-resnet/versions/1/evaluation`);
    expect(evaluation.images).toBe(18);
    expect((evaluation.leaks?.images ?? 0) + (evaluation.leaks?.others.images ?? 0)).toBe(18);
    const { scores, result, error } = await evaluateOnColours();
    expect(error).toBeUndefined();
    expect(scores?.accuracy).toBe(evaluation.accuracy);
    expect(result).toMatchObject({ leaks: evaluation.leaks, confusion: evaluation.confusion });
    const tested = await call<TestPredictionPage>(
      `${service.address}/models/colours-resnet/versions/1/evaluation/images`,
    );
    const listed = await call<DatasetImagePage>(`${service.address}/datasets/colours/images?split=test`);
    const pathOf = new Map(listed.images.map(({ index, path }) => [index, path]));
    for (const { image, path, actual } of tested.images) {
      expect(path).toBe(pathOf.get(image));
      expect(path).toMatch(new RegExp(`^${actual}/[0-9]+\\.png$`));
    }
    const { manifest } = await call<ModelVersion>(`${service.address}/models/colours-resnet/versions/1`);
    const { mean, std } = body;
    expect(mean).toHaveLength(3);
    expect(manifest.preprocessing).toMatchObject({ mean, std, resize: SIDE, channels: 3 });
  }, 120_000);

  it('cannot be normalized by deviation if a channel has one value everywhere; submitting says so', async () => {
    const files = Object.fromEntries(
      await Promise.all(
        ['bright', 'dark'].flatMap((name, shade) =>
          [1, 2, 3, 4].map(async (index) => {
            const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) =>
              i % 3 === 2 ? 0 : (i * index + 100 * shade) % 256,
            );
            const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
            return [`${name}/${index}.png`, await sharp(pixels, { raw }).png().toBuffer()] as const;
          }),
        ),
      ),
    );
    const { status, body } = await send('PUT', `/datasets/no-blue?side=${SIDE}`, await zipOf(files));
    expect({ status, std: body.std }).toEqual({ status: 200, std: [expect.any(Number), expect.any(Number), 0] });
    expect(await submit({ name: 'no-blue' }, { normalization: 'dataset' })).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            pointer: '/normalization',
            message: expect.stringMatching(/^must be none or numbers: channel 3 of no-blue/),
          },
        ],
      },
    });
    expect(await send('DELETE', '/datasets/no-blue')).toMatchObject({ status: 204 });
  });

  it('with a validation split has it scored, and early stopping and the temperature use it', async () => {
    const files = {
      ...(await pictures('Train/', 12)),
      ...(await pictures('Valid/', 3, 12)),
      ...(await pictures('Test/', 3, 15)),
      'Train/red/notes.txt': 'red ones',
      'Train/red/bad.png': 'no image',
    };
    const sent = await send('PUT', `/datasets/split?side=${SIDE}&onError=skip`, await zipOf(files));
    expect(sent).toMatchObject({ status: 200, body: { trainSamples: 36, validationSamples: 9, testSamples: 9 } });
    expect(sent.body.imported).toMatchObject({ ignoredFiles: 1, badImages: 1, leftOut: { files: 2 } });
    expect(await call(`${service.address}/datasets/split/left-out?limit=1`)).toEqual({
      files: 2,
      leftOut: [{ path: 'Train/red/bad.png', reason: expect.stringContaining('is not an image file') }],
      nextCursor: expect.any(String),
    });
    const submitted = await submit(
      { name: 'split', validation: 'own' },
      { name: 'split', earlyStopping: { metric: 'validationLoss', patience: 5 } },
    );
    expect(submitted.status).toBe(202);
    const job = submitted.body as unknown as Job;
    expect(job.spec.dataset).toMatchObject({ trainSamples: 36, validation: 'own', validationSamples: 9 });
    expect(await waitForFrame(service.address, job.id, 'end')).toMatchObject({ status: 'succeeded' });
    const ended = await call<Job>(`${service.address}/jobs/${job.id}`);
    expect(ended.scores).toMatchObject({ validationLoss: expect.any(Number), validationAccuracy: expect.any(Number) });
    const { calibration } = await call<Evaluation>(`${service.address}/models/split/versions/1/evaluation`);
    expect(calibration.fitted).toBe('On the 9 validation images.');
    const refused = await submit({ name: 'colours', validation: 'own' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/dataset/validation' }] } });
    expect(await send('DELETE', '/datasets/split')).toMatchObject({ status: 204 });
  }, 120_000);

  it('of transparent drawings is read on its background, in training and for predictions', async () => {
    const drawing = (width: number) =>
      sharp({ create: { width: SIDE, height: SIDE, channels: 4, background: '#0000' } })
        .composite([{ input: { create: { width, height: 6, channels: 4, background: 'black' } }, left: 2, top: 4 }])
        .png()
        .toBuffer();
    const files: Record<string, Buffer> = {};
    for (const [name, width] of Object.entries({ long: 20, short: 4 }))
      for (let i = 0; i < 8; i++) files[`${name}/${i}.png`] = await drawing(width - (i % 4));
    const archive = await zipOf(files);
    const lost = await send('PUT', `/datasets/drawings?side=${SIDE}`, archive);
    expect(lost).toMatchObject({ status: 400, body: { detail: expect.stringContaining('background=white') } });
    const sent = await send('PUT', `/datasets/drawings?side=${SIDE}&background=%23ffffff`, archive);
    expect(sent).toMatchObject({ status: 200, body: { imported: { background: '#ffffff' } } });
    const submitted = await submit({ name: 'drawings' }, { name: 'drawings', batchSize: 4, epochs: 6 });
    const { id } = submitted.body as unknown as Job;
    expect(await waitForFrame(service.address, id, 'end')).toMatchObject({ status: 'succeeded' });
    const { manifest } = await call<ModelVersion>(`${service.address}/models/drawings/versions/1`);
    expect(manifest.preprocessing.background).toBe(255);
    expect(await send('DELETE', '/datasets/drawings')).toMatchObject({ status: 204 });
  }, 120_000);

  it('shows its images, which browsers may keep as long as the version is theirs', async () => {
    const { counts } = await call<DatasetDetails>(`${service.address}/datasets/colours`);
    expect(counts).toEqual({ train: [24, 24, 24], test: [6, 6, 6] });
    const page = await call<DatasetImagePage>(`${service.address}/datasets/colours/images?split=test&class=green`);
    expect(page).toMatchObject({ split: 'test', total: 6 });
    const { index, url } = page.images[0] ?? { index: -1, url: '' };
    const kept = await fetch(`${service.address}${url}`);
    expect(kept.headers.get('content-type')).toBe('image/png');
    expect(kept.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(await sharp(await kept.arrayBuffer()).metadata()).toMatchObject({ width: SIDE, height: SIDE, channels: 3 });
    const current = `${service.address}/datasets/colours/images/test/${index}`;
    const first = await fetch(current);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const again = await fetch(current, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    expect((await fetch(`${current}?version=another`)).status).toBe(404);
    expect((await fetch(`${service.address}/datasets/colours/images/test/18`)).status).toBe(404);
    expect((await fetch(`${service.address}/datasets/colours/images/tests/0`)).status).toBe(400);
    const { groups } = await call<DuplicatePage>(`${service.address}/datasets/colours/duplicates`);
    expect(groups).toEqual([]);
  });

  it('is unchanged if it is sent again, and cannot be replaced by another archive', async () => {
    const again = await send('PUT', `/datasets/colours?side=${SIDE}&testShare=0.2`, archive);
    expect(again).toMatchObject({ status: 200, body: { name: 'colours' } });
    const other = await send('PUT', '/datasets/colours', await zipOf(await pictures('', 3)));
    expect(other).toMatchObject({ status: 409, body: { code: 'dataset_exists' } });
  });

  it('cannot be removed while a job needs it; after its removal its models stay', async () => {
    const submitted = await submit({ name: 'colours' }, { epochs: 1000 });
    const { id } = submitted.body as unknown as Job;
    await waitForFrame(service.address, id, 'step');
    expect(await send('DELETE', '/datasets/colours')).toMatchObject({ status: 409, body: { code: 'dataset_held' } });
    await send('DELETE', `/jobs/${id}`);
    await vi.waitUntil(async () => (await send('DELETE', '/datasets/colours')).status === 204, {
      timeout: 20_000,
      interval: 100,
    });
    expect(await readdir(join(dataDir, 'datasets'))).toEqual([]);
    expect(await send('GET', '/datasets/colours')).toMatchObject({ status: 404, body: { code: 'dataset_not_found' } });
    expect(await send('DELETE', '/datasets/colours')).toMatchObject({ status: 404 });
    expect(await submit({ name: 'colours' })).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            pointer: '/dataset/name',
            message: 'must be one of "fashion-mnist", "synthetic", not "colours"',
          },
        ],
      },
    });
    expect(await send('GET', '/models/colours-resnet/versions/1')).toMatchObject({ status: 200 });
  }, 60_000);

  it('under the name of a removed one is another one for its jobs and models', async () => {
    await send('PUT', `/datasets/colours?side=${SIDE}&testShare=0.2`, archive);
    const startFrom = (from: object) =>
      send('POST', '/jobs/plan', JSON.stringify({ from: { job: trained.id, ...from }, epochs: 4 }), 'application/json');
    expect(await startFrom({ mode: 'fine-tune' })).toMatchObject({
      status: 200,
      body: { spec: { from: { head: 'new' } } },
    });
    const message = expect.stringMatching(/^must be fine-tune: the data set colours was replaced after the training/);
    expect(await startFrom({})).toMatchObject({ status: 400, body: { errors: [{ pointer: '/from/mode', message }] } });
    const { error, result } = await evaluateOnColours();
    expect(error).toBeUndefined();
    expect(result).not.toHaveProperty('leaks');
    expect(await send('DELETE', '/datasets/colours')).toMatchObject({ status: 204 });
  }, 60_000);
});

describe('the route of data sets refuses', () => {
  it.each<[what: string, path: string, body: () => Uint8Array | string, type: string, expected: object]>([
    ['another media type', '/datasets/mine', () => '<p>', 'text/html', { status: 415 }],
    [
      'an address that is missing',
      '/datasets/mine',
      () => '{}',
      'application/json',
      { status: 400, body: { errors: [{ pointer: '/url' }] } },
    ],
    [
      'a body that is not an archive',
      '/datasets/mine',
      () => 'text',
      'application/zip',
      { status: 400, body: { code: 'invalid_dataset' } },
    ],
    [
      'a name that is a path',
      '/datasets/..%2Fmine',
      () => archive,
      'application/zip',
      { status: 400, body: { errors: [{ pointer: '/name' }] } },
    ],
    [
      'a side below the minimum',
      '/datasets/mine?side=4',
      () => archive,
      'application/zip',
      { status: 400, body: { errors: [{ pointer: '?side' }] } },
    ],
    [
      'the service’s own name',
      '/datasets/synthetic',
      () => archive,
      'application/zip',
      { status: 409, body: { code: 'dataset_held' } },
    ],
    ['more bytes than allowed', '/datasets/mine', () => Buffer.alloc(2 ** 20 + 1), 'application/zip', { status: 413 }],
  ])('%s', async (_, path, body, type, expected) => {
    expect(await send('PUT', path, body(), type)).toMatchObject(expected);
    expect(await readdir(join(dataDir, 'datasets'))).toEqual([]);
  });

  it('to remove the service’s own data sets', async () => {
    expect(await send('DELETE', '/datasets/fashion-mnist')).toMatchObject({
      status: 409,
      body: { code: 'dataset_held' },
    });
  });

  it('more bytes than allowed without a declared length, and leaves no file', async () => {
    const sending = request(`${service.address}/datasets/mine`, {
      method: 'PUT',
      headers: { 'content-type': 'application/zip' },
    });
    sending.on('error', () => undefined); // the service does not read to the end
    const answered = once(sending, 'response');
    for (let i = 0; i < 20; i++) sending.write(Buffer.alloc(2 ** 16));
    const [{ statusCode }] = (await answered) as [{ statusCode: number }];
    expect(statusCode).toBe(413);
    sending.destroy();
    await vi.waitUntil(async () => (await readdir(join(dataDir, 'datasets'))).length === 0, {
      timeout: 10_000,
      interval: 50,
    });
  });

  it.each([
    ['that does not say its length', undefined],
    ['of no bytes', ''],
  ])('an empty body %s', async (_, body) => {
    for (const type of ['', 'application/zip']) {
      const { status, body: problem } = await send('PUT', '/datasets/empty', body, type);
      expect({ status, ...problem }).toMatchObject({
        ...{
          status: 400,
          code: 'invalid_dataset',
          detail: expect.stringMatching(/^The body is empty: send a ZIP or tar archive/),
        },
      });
    }
  });

  it('a name that no folder may have, and says which names are allowed', async () => {
    expect(await send('PUT', '/datasets/My-Boots', archive)).toMatchObject({
      ...{ status: 400, body: { detail: expect.stringMatching(/"My-Boots".*Lower-case letters, digits/) } },
    });
  });

  it('an archive whose reader dies, asks to send it again, and leaves no file', async () => {
    const sent = send('PUT', '/datasets/mine', archive);
    const converter = await vi.waitUntil(
      () => descendants(process.pid).find(({ command }) => command.includes('converter.js')),
      { timeout: 10_000, interval: 5 },
    );
    process.kill(converter.pid, 'SIGKILL');
    expect(await sent).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await readdir(join(dataDir, 'datasets'))).toEqual([]);
  });

  it('an archive that breaks off, and leaves no file', async () => {
    const sending = request(`${service.address}/datasets/mine`, {
      method: 'PUT',
      headers: { 'content-type': 'application/zip', 'content-length': String(archive.length) },
    });
    sending.on('error', () => undefined);
    sending.write(archive.subarray(0, 1000));
    await vi.waitUntil(async () => (await readdir(join(dataDir, 'datasets'))).length === 1, {
      timeout: 10_000,
      interval: 20,
    });
    sending.destroy();
    await vi.waitUntil(async () => (await readdir(join(dataDir, 'datasets'))).length === 0, {
      timeout: 10_000,
      interval: 50,
    });
  });
});
