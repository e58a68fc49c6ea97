/** Jobs that start from checkpoints and models, trained by a real worker. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frame } from '../../../src/contracts/jobs/frame.js';
import { type Job, type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { datasets } from '../../../src/datasets/index.js';
import { decodeSafetensors, floatsOf } from '../../../src/formats/safetensors.js';
import { createStartingPoints } from '../../../src/store/starting-points.js';
import { variableShapes, writeWeights } from '../../../src/training/result/serving-graph.js';
import { openProgram } from '../../../src/training/step/program.js';
import { type Api, openApi } from '../../support/api.js';
import { formulaWeights } from '../../support/formula.js';
import { describeModel, modelReference } from '../../support/models.js';
import { startRedis, type TestRedis } from '../../support/redis.js';
import { isStep, openService, type Service } from '../../support/running-service.js';

const tiny = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 128, testSamples: 16, validationSamples: 16 },
  batchSize: 32,
  epochs: 2,
  stepInterval: 1,
  emaDecay: 0.9,
  augmentation: { flip: true },
} as const;

let server: TestRedis;
let service: Service;
let dataDir: string;
let worker: ChildProcess;
let api: Api;
/** A job of two epochs that other jobs start from, and its model. */
let half: Job;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-start-'));
  api = await openApi(service, { checkpointsDir: join(dataDir, 'checkpoints'), modelsDir: join(dataDir, 'models') });
  worker = fork(new URL('../../../dist/worker.js', import.meta.url), {
    env: {
      ...{ ...process.env, DATA_DIR: dataDir, REDIS_URL: server.url, LOG_LEVEL: 'silent' },
      ...{ WORKER_CONCURRENCY: '2', CHECKPOINTS_KEPT: '3' },
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  ({ job: half } = await run({ ...tiny, name: 'base' }));
});
afterAll(async () => {
  const gone = once(worker, 'exit');
  worker.kill('SIGTERM');
  await gone;
  await api.close();
  await service.close();
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function submit(body: object): Promise<Job> {
  const answer = await request(api.server).post('/jobs').send(body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body as Job;
}

/** Returns the spec that POST /jobs/plan resolves. */
async function planned(body: object): Promise<Job['spec']> {
  const answer = await request(api.server).post('/jobs?validateOnly=true').send(body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.spec;
}

async function refusal(body: object): Promise<{ pointer: string; message: string }[]> {
  const { body: problem } = await request(api.server).post('/jobs').send(body).expect(400);
  return problem.errors;
}

/** Resolves with the frames of a job once it has succeeded. */
async function trained(job: Job): Promise<Frame[]> {
  const frames = await service.history(job.id);
  expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  return frames;
}

const run = async (body: object): Promise<{ job: Job; frames: Frame[] }> => {
  const job = await submit(body);
  return { frames: await trained(job), job: await service.jobs.get(job.id) };
};

const manifestOf = async ({ id }: Job) => (await api.store.get(modelReference(await service.jobs.get(id)))).manifest;
const digestOf = async (job: Job): Promise<string> => (await manifestOf(job)).files.weights.sha256;
const weightsOf = async (job: Job) => {
  const { folder } = await api.store.get(modelReference(await service.jobs.get(job.id)));
  return decodeSafetensors(await readFile(join(folder, 'weights.safetensors'))).tensors;
};
const startOf = (frames: readonly Frame[]) => frames.find(({ type }) => type === 'start');
const places = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => (frame.type === 'step' ? [`${frame.epoch}:${frame.step}`] : []));

describe('a job that continues', () => {
  test('has the weights of one uninterrupted job if it adds epochs to a succeeded job', async () => {
    const [{ job: whole }, { job, frames }] = await Promise.all([
      run({ ...tiny, epochs: 4 }),
      run({ from: { job: half.id }, epochs: 4, name: 'synthetic-resnet' }),
    ]);
    expect(job.spec).toEqual({
      ...whole.spec,
      precisionReason: 'The job requests it.',
      from: {
        job: half.id,
        checkpoint: { epoch: 3, step: 0, steps: 8 },
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        mode: 'continue',
        head: 'taken',
      },
    });
    expect(startOf(frames)).toMatchObject({ attempt: 1, mode: 'continue', epoch: 3, step: 0, fresh: [] });
    expect(places(frames)).toEqual(['3:1', '3:2', '3:3', '3:4', '4:1', '4:2', '4:3', '4:4']);
    expect(await digestOf(job)).toBe(await digestOf(whole));
    expect((await manifestOf(job)).spec).toMatchObject({ from: job.spec.from });
    // What it started from is no longer needed once the end is told, and its own last checkpoint is there to start from.
    await expect
      .poll(() => existsSync(join(dataDir, 'checkpoints', job.id, 'start.safetensors')), {
        timeout: 20_000,
      })
      .toBe(false);
    expect((await planned({ from: { job: job.id }, epochs: 5 })).from?.checkpoint).toMatchObject({ epoch: 5, step: 0 });
    // So are the checkpoints at the ends of the latest `CHECKPOINTS_KEPT` epochs.
    for (const checkpoint of [2, 3, 4]) {
      const { from } = await planned({ from: { job: whole.id, checkpoint }, epochs: 5 });
      expect(from?.checkpoint).toEqual({ epoch: checkpoint + 1, step: 0, steps: 4 * checkpoint });
    }
  });

  test('runs the remaining steps of a paused job, and of the same job after its cancel', async () => {
    const paused = await submit({ ...tiny, epochs: 30 });
    await service.frame(paused.id, isStep);
    await service.pauses.pause(paused.id);
    await service.frame(paused.id, (frame) => frame.type === 'status' && frame.status === 'paused');
    const from = { job: paused.id, checkpoint: 'last' };
    const [{ job: whole }, { job }] = await Promise.all([run({ ...tiny, epochs: 30 }), run({ from })]);
    expect(await digestOf(job)).toBe(await digestOf(whole));
    await service.jobs.cancel(paused.id);
    expect((await planned({ from })).from).toEqual(job.spec.from);
  });

  test('starts with a full `maxSeconds` after a job that reached its own within an epoch', async () => {
    const changes = [{ step: 3, to: { maxSeconds: 1e-6 } }];
    const { job: ended } = await run({ ...tiny, epochs: 1, changes, name: 'limited' });
    expect(ended.reason).toMatchObject({
      code: 'max_seconds',
      message: expect.stringMatching(/after step 3 of epoch 1/),
    });
    const { totals } =
      (await createStartingPoints(join(dataDir, 'checkpoints')).list(ended.id)).at(-1)?.header.position ?? {};
    const maxSeconds = totals?.seconds ?? 0;
    expect(maxSeconds).toBeGreaterThan(0);
    const { frames } = await run({ from: { job: ended.id }, maxSeconds, name: 'goes-on' });
    expect(places(frames)).toEqual(['1:4']);
    // The epoch is that of both jobs: its images, and the time they took.
    const [epoch] = frames.flatMap((frame) => (frame.type === 'epoch' ? [frame] : []));
    expect(epoch?.seconds).toBeGreaterThan(maxSeconds);
    expect(epoch?.imagesPerSecond).toBeLessThan(112 / maxSeconds);
  });

  test('keeps its checkpoint of a running job, whatever happens to that job', async () => {
    const running = await submit({ ...tiny, epochs: 1_000 });
    // That of the first epoch is written by then.
    await service.frame(running.id, (frame) => frame.type === 'epoch' && frame.epoch === 2);
    const job = await submit({ from: { job: running.id, mode: 'fine-tune' }, epochs: 1 });
    const taken = job.spec.from?.checkpoint?.epoch ?? 0;
    await service.frame(running.id, (frame) => frame.type === 'epoch' && frame.epoch > taken + 3);
    await service.jobs.cancel(running.id);
    await trained(job);
  });

  test('is refused with every differing field if the run would be another', async () => {
    const from = { job: half.id };
    const other = {
      dataset: { trainSamples: 100 },
      batchSize: 16,
      seed: 1,
      optimizer: { name: 'sgd' },
      emaDecay: null,
    };
    const errors = await refusal({ from, ...other });
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/dataset/trainSamples',
      '/batchSize',
      '/seed',
      '/optimizer/name',
      '/emaDecay',
      '/epochs',
    ]);
    expect(errors[1]?.message).toBe(
      `must be 32, as in job ${half.id}, to continue its run; with mode fine-tune it may differ, not 16`,
    );
    expect(await refusal({ from })).toEqual([
      {
        pointer: '/epochs',
        message: `must be more than 2, the epochs that job ${half.id} has done, not 2; or take mode fine-tune`,
      },
    ]);
    expect(await planned({ from: { ...from, mode: 'fine-tune' }, ...other })).toMatchObject({
      batchSize: 16,
      microBatchSize: 16,
      optimizer: { name: 'sgd', momentum: 0 },
      from: { mode: 'fine-tune' },
    });
  });
});

describe('a job that starts from a model', () => {
  test('has its weights, and its spec except for the fields of the request', async () => {
    // A rate so small that no weight moves; with averages that follow at once, the model is what it was.
    const body = {
      from: { model: 'base' },
      epochs: 1,
      optimizer: { learningRate: 1e-30 },
      emaDecay: null,
      name: 'tuned',
    };
    const { job, frames } = await run(body);
    expect(job.spec.from).toEqual({
      model: { name: 'base', version: 1 },
      sha256: await digestOf(half),
      mode: 'fine-tune',
      head: 'taken',
    });
    expect(job.spec).toMatchObject({ network: 'resnet', dataset: tiny.dataset, epochs: 1, name: 'tuned', seed: 0 });
    expect(startOf(frames)).toMatchObject({ mode: 'fine-tune', epoch: 1, step: 0, fresh: [] });
    const [before, after] = await Promise.all([weightsOf(half), weightsOf(job)]);
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const [name, { bytes }] of before)
      if (/(weight|bias)$/.test(name)) expect(after.get(name)?.bytes, name).toEqual(bytes);
  });

  test('gets a new last layer if the number of classes differs, and all other weights from the model', async () => {
    const spec = resolveJob({ ...tiny, networkOptions: { width: 8, blocks: [1, 1] }, name: 'three' });
    const program = openProgram(spec, datasets.synthetic, 3);
    const weights = writeWeights(program.weights(), program.shapes, 1);
    program.close();
    const description = { ...describeModel({ name: 'three' }), spec };
    await api.store.save(description, { weights, savedModel: Buffer.from('none') });
    expect(await refusal({ from: { model: 'three@1' }, epochs: 1 })).toEqual([
      {
        pointer: '/name',
        message:
          'is three, but three@1 has 3 classes, not 10, and all versions of a model have the same classes: name this one otherwise',
      },
    ]);
    const { job, frames } = await run({ from: { model: 'three@1' }, epochs: 1, name: 'ten' });
    expect(job.spec.from).toMatchObject({ head: 'new', mode: 'fine-tune' });
    expect(startOf(frames)).toMatchObject({ fresh: ['fc.1.weight', 'fc.1.bias'], taken: program.shapes.size - 2 });
    expect((await manifestOf(job)).classes).toHaveLength(10);
  });
});

describe('a job that starts from an imported model', () => {
  /** Posts the weights of a network for images of `channels` channels. */
  async function importModel(name: string, channels: 1 | 3, classes: readonly string[]) {
    const spec = {
      ...{ name, network: 'resnet', networkOptions: { variant: 'resnet18', ...tiny.networkOptions }, resize: 16 },
      classes,
      image: { height: 28, width: 28, channels },
      normalization: { mean: channels === 1 ? [0.4] : [0.3, 0.4, 0.5], std: [0.25] },
    };
    const { networkOptions } = spec;
    const architecture = resolveJob({
      network: 'resnet',
      networkOptions,
      dataset: { resize: 16 },
    } as object as JobRequest);
    const shapes = variableShapes(architecture, { channels }, classes.length);
    const weights = Buffer.from(writeWeights(formulaWeights(shapes), shapes, 1));
    const form = request(api.server).post('/models').field('spec', JSON.stringify(spec));
    await form.attach('weights', weights, 'weights.safetensors').expect(201);
    return { weights: decodeSafetensors(weights).tensors, shapes };
  }
  /** A rate so small that no weight moves. */
  const still = { optimizer: { learningRate: 1e-30 }, epochs: 1, batchSize: 64 };
  const dataset = { name: 'synthetic', trainSamples: 64, testSamples: 16 };
  const { classes } = datasets.synthetic;

  test('has its weights and input, and the defaults of a new network for everything else', async () => {
    const { weights } = await importModel('foreign', 1, classes);
    const { job, frames } = await run({ from: { model: 'foreign' }, dataset, ...still, name: 'foreign-tuned' });
    expect(job.spec).toMatchObject({
      ...{ network: 'resnet', networkOptions: { variant: 'resnet18', width: 8 }, precision: 'float32', emaDecay: null },
      ...{ dataset: { ...dataset, resize: 16 }, normalization: { mean: [0.4], std: [0.25] } },
      ...{ from: { model: { name: 'foreign', version: 1 }, mode: 'fine-tune', head: 'taken' } },
    });
    expect(job.spec.from).not.toHaveProperty('input');
    expect(startOf(frames)).toMatchObject({ fresh: [] });
    const after = await weightsOf(job);
    for (const [name, { bytes }] of weights)
      if (/(weight|bias)$/.test(name)) expect(after.get(name)?.bytes, name).toEqual(bytes);
    // An import has no data set, so a request that names none gets the default one.
    expect((await planned({ from: { model: 'foreign' } })).dataset).toMatchObject({
      name: 'fashion-mnist',
      resize: 16,
    });
  });

  test.each([
    ['other names', classes.map((name) => `other ${name}`)],
    ['another order', [...classes].reverse()],
  ])('gets a new last layer if as many classes have %s', async (difference, others) => {
    const name = difference.replace(' ', '-');
    const { weights } = await importModel(name, 1, others);
    const { job, frames } = await run({ from: { model: name }, dataset, ...still, name: `${name}-tuned` });
    expect(job.spec.from).toMatchObject({ head: 'new' });
    expect(startOf(frames)).toMatchObject({ fresh: ['fc.weight', 'fc.bias'] });
    const after = await weightsOf(job);
    expect(after.get('fc.weight')?.bytes).not.toEqual(weights.get('fc.weight')?.bytes);
    expect(after.get('conv1.weight')?.bytes).toEqual(weights.get('conv1.weight')?.bytes);
  });

  test('sums the first convolution for grey images, and initializes a new last layer for other classes', async () => {
    const { weights, shapes } = await importModel('colour', 3, classes.slice(0, 7));
    const { job, frames } = await run({ from: { model: 'colour' }, dataset, ...still, name: 'grey' });
    expect(job.spec.from).toMatchObject({ head: 'new', input: 'summed' });
    expect(job.spec.normalization).toEqual({ mean: [expect.closeTo(0.4, 10)], std: [0.25] });
    expect(startOf(frames)).toMatchObject({ fresh: ['fc.weight', 'fc.bias'], taken: shapes.size - 2 });
    const after = await weightsOf(job);
    const [before, summed] = [weights, after].map((tensors) => {
      const { shape = [], bytes = new Uint8Array() } = tensors.get('conv1.weight') ?? {};
      return { shape, values: floatsOf({ bytes }) };
    });
    expect([before?.shape, summed?.shape]).toEqual([
      [8, 3, 7, 7],
      [8, 1, 7, 7],
    ]);
    for (const [i, value] of summed?.values.entries() ?? []) {
      const [output, pixel] = [Math.floor(i / 49), i % 49];
      const colours = [0, 1, 2].map((channel) => before?.values[(3 * output + channel) * 49 + pixel] ?? Number.NaN);
      expect(value).toBeCloseTo(
        colours.reduce((a, b) => a + b),
        6,
      );
    }
    expect(after.get('layer1.0.conv1.weight')?.bytes).toEqual(weights.get('layer1.0.conv1.weight')?.bytes);
    expect((await manifestOf(job)).classes).toHaveLength(10);
    const said = { normalization: { mean: [0, 0, 0], std: [1] } };
    expect(await refusal({ from: { model: 'colour' }, dataset, ...said })).toMatchObject([
      { pointer: '/normalization/mean' },
    ]);
  });
});

describe('a missing starting point', () => {
  test('is refused with a list of the existing ones', async () => {
    const best = (await service.history(half.id))
      .flatMap((frame) => (frame.type === 'epoch' ? [frame] : []))
      .reduce((most, frame) => ((frame.validationAccuracy ?? 0) > (most.validationAccuracy ?? 0) ? frame : most)).epoch;
    const ends = best === 2 ? '1, 2 (best)' : '1 (best), 2';
    expect(await refusal({ from: { job: half.id, checkpoint: 7 } })).toEqual([
      {
        pointer: '/from/checkpoint',
        message: `is 7, but job ${half.id}, which is succeeded, has these: last (epoch 2); end of epoch ${ends}`,
      },
    ]);
    const tuned = await planned({ from: { job: half.id, checkpoint: 'best', mode: 'fine-tune' } });
    expect(tuned.from?.checkpoint).toEqual({ epoch: best + 1, step: 0, steps: 4 * best });
    const { job: plain } = await run({ ...tiny, dataset: { ...tiny.dataset, validationSamples: 0 }, epochs: 1 });
    expect(await refusal({ from: { job: plain.id, checkpoint: 'best' } })).toEqual([
      {
        pointer: '/from/checkpoint',
        message: expect.stringMatching(/last \(epoch 1\).*no best, since the job has no validation images$/),
      },
    ]);
    const queued = await service.submit('succeeds');
    await service.jobs.cancel(queued.id);
    // A worker may have started the job; then it ends a moment later.
    await expect.poll(async () => (await service.jobs.get(queued.id)).status, { timeout: 20_000 }).toBe('cancelled');
    expect((await refusal({ from: { job: queued.id } }))[0]?.message).toMatch(/which is cancelled, has none$/);
  });

  test.each([
    [{ from: {} }, '/from', /either job or model/],
    [{ from: { job: crypto.randomUUID(), model: 'a' } }, '/from', /either job or model/],
    [{ from: { job: crypto.randomUUID() } }, '/from/job', /there is no such job/],
    [{ from: { job: '../../etc' } }, '/from/job', /uuid/],
    [{ from: { job: crypto.randomUUID(), checkpoint: 0 } }, '/from/checkpoint', /./],
    [{ from: { job: crypto.randomUUID(), checkpoint: 'first' } }, '/from/checkpoint', /./],
    [{ from: { model: 'nobody' } }, '/from/model', /There is no model named "nobody"/],
    [{ from: { model: '../x' } }, '/from/model', /not allowed/],
    [{ from: { model: 'a', mode: 'continue' } }, '/from/mode', /must be fine-tune/],
    [{ from: { model: 'a', checkpoint: 'best' } }, '/from/checkpoint', /with job only/],
    [{ from: { model: 'a', more: 1 } }, '/from/more', /not a known field/],
    [{ from: 'a' }, '/from', /an object/],
    [{ from: { model: 'a' }, networkOptions: { width: 8 } }, '/networkOptions/width', /not a known field/],
    [{ network: 'resnet', from: null }, '/from', /an object/],
  ])('%j is refused at %s', async (body, pointer, message) => {
    const errors = await refusal(body);
    expect(errors.map((error) => error.pointer)).toContain(pointer);
    expect(errors.find((error) => error.pointer === pointer)?.message).toMatch(message);
  });

  test('is refused with another network, or a field that contradicts the starting point', async () => {
    const from = { model: 'base' };
    expect(await refusal({ from, optimizer: { momentum: 0.5 } })).toEqual([
      { pointer: '/optimizer/momentum', message: expect.stringMatching(/not a known field/) },
    ]);
    expect(await refusal({ from, network: 'densenet' })).toEqual([
      { pointer: '/network', message: 'must be resnet, the network of model base@1, not densenet' },
    ]);
  });

  test('creates one job with one copy of its start if a request is sent twice at once', async () => {
    // The worker probes this folder by writing a file whose name begins with a dot.
    const folders = async () => (await readdir(join(dataDir, 'checkpoints'))).filter((name) => !name.startsWith('.'));
    const submitted = (await folders()).length;
    const post = () => request(api.server).post('/jobs').set('Idempotency-Key', 'start');
    const send = () => post().send({ from: { model: 'base' }, epochs: 1 });
    const [first, second] = await Promise.all([send(), send()]);
    expect(first.body.id).toBe(second.body.id);
    expect(await folders()).toHaveLength(submitted + 1);
    await trained(first.body);
  });
});
