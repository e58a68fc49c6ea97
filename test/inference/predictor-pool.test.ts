/** Predictor pool with real child processes and TensorFlow: batches, fairness, crashes and shutdown. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openOnnxSession } from '../../src/graph/onnx-session.js';
import { openSession, tensorsAlive } from '../../src/graph/session.js';
import { createModelCache } from '../../src/inference/model-cache.js';
import { createPredictorPool, type PredictorPool } from '../../src/inference/predictor-pool.js';
import type { ResolvedModel } from '../../src/inference/resolver.js';
import { createRuntimes } from '../../src/inference/runtimes.js';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { captureLog } from '../support/capture-log.js';
import { buildTinyGraph, describeModel, resolverOf, saveTinyModel } from '../support/models.js';

const predictorUrl = pathToFileURL(join(import.meta.dirname, '../../dist/predictor.js'));

let folder: string;
let store: ModelStore;
let model: ResolvedModel;
let other: ResolvedModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-predictor-'));
  store = await openModelStore(folder);
  model = await saveTinyModel(store, { name: 'tiny', seed: 1 });
  other = await saveTinyModel(store, { name: 'other', seed: 2, classes: ['x', 'y', 'z', 'w', 'v'] });
});
afterAll(() => rm(folder, { recursive: true }));

const open: PredictorPool[] = [];
afterEach(async () => {
  for (const predictor of open.splice(0)) await predictor.close();
});

/** Starts a pool and waits until it is ready. Returns it with the pid of its process and its log. */
async function start(options: Partial<Parameters<typeof createPredictorPool>[0]> = {}, log = captureLog()) {
  const started = createPredictorPool({ logger: log.logger, predictorUrl, ...options });
  open.push(started);
  const predict = async (...asked: Parameters<PredictorPool['predict']>) =>
    (await started.predict(...asked)).probabilities;
  const predictor = { ...started, predict };
  const pid = Number((await log.line('predictor ready')).predictorPid);
  const batches = () => log.lines.filter(({ msg }) => msg === 'batch sent').map(({ images }) => images);
  /** Waits for the process that replaces the last one. */
  const restarted = async () => {
    const died = log.lines.findLastIndex(({ msg }) => msg === 'predictor died');
    return Number((await log.line('predictor ready', died === -1 ? log.lines.length : died)).predictorPid);
  };
  return { predictor, pid, batches, restarted, log };
}

const image = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 784 }, (_, index) => (index * (seed + 3) * 37) % 256);

/** Compares to 5 digits: TensorFlow sums in another order for another batch size. */
function expectClose(actual: Float32Array | undefined, expected: Float32Array | undefined): void {
  expect(actual?.length).toBe(expected?.length);
  for (const [index, value] of (actual ?? []).entries()) {
    expect(value).toBeCloseTo(expected?.[index] ?? Number.NaN, 5);
  }
}

describe('a prediction', () => {
  it("returns the graph's probabilities, one row per image", async () => {
    const { predictor } = await start();
    const session = openSession(join(model.folder, 'saved_model'));
    const pixels = Buffer.concat([image(1), image(2), image(3)]);
    const [expected] = session.run({ images: { dtype: 'uint8', shape: [3, 28, 28, 1], values: pixels } }, [
      'probabilities',
    ]);
    session.close();
    const probabilities = await predictor.predict(model, pixels, 3);
    expect(probabilities).toEqual(expected);
    const { logits } = await (open[0] as PredictorPool).predict(model, pixels, 3);
    for (let row = 0; row < 3; row++) {
      const powers = logits.subarray(row * 3, row * 3 + 3).map(Math.exp);
      const sum = powers.reduce((total, value) => total + value, 0);
      expectClose(
        probabilities.subarray(row * 3, row * 3 + 3),
        powers.map((value) => value / sum),
      );
    }
    for (let row = 0; row < 3; row++) {
      expect(probabilities.subarray(row * 3, row * 3 + 3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
    expect((await predictor.predict(other, image(1), 1)).length).toBe(5);
  });

  it('returns the same alone and in a batch', async () => {
    const { predictor } = await start();
    const alone = [];
    for (let seed = 0; seed < 8; seed++) alone.push(await predictor.predict(model, image(seed), 1));
    const together = await Promise.all(alone.map((_, seed) => predictor.predict(model, image(seed), 1)));
    for (const [seed, row] of together.entries()) expectClose(row, alone[seed]);
  });
});

describe('requests that arrive during a batch', () => {
  it('are sent together in their order, up to the size of a batch', async () => {
    const { predictor, pid, batches } = await start({ maxBatch: 100 });
    process.kill(pid, 'SIGSTOP');
    const requests = Array.from({ length: 20 }, (_, seed) => predictor.predict(model, image(seed), 1));
    requests.push(
      predictor.predict(model, Buffer.alloc(80 * 784), 80),
      predictor.predict(model, Buffer.alloc(200 * 784), 200),
      predictor.predict(model, Buffer.alloc(784), 1),
    );
    process.kill(pid, 'SIGCONT');
    const answers = await Promise.all(requests);
    expect(batches()).toEqual([1, 99, 200, 1]);
    expect(answers.map(({ length }) => length)).toEqual([...new Array(20).fill(3), 240, 600, 3]);
    expectClose(answers[7], await predictor.predict(model, image(7), 1));
  });

  it('are sent model by model, the longest waiting first', async () => {
    const { predictor, pid, log } = await start();
    process.kill(pid, 'SIGSTOP');
    const ask = (asked: ResolvedModel) => predictor.predict(asked, image(0), 1);
    const requests = [ask(model), ask(other), ask(model), ask(other), ask(model)];
    process.kill(pid, 'SIGCONT');
    expect((await Promise.all(requests)).map(({ length }) => length)).toEqual([3, 5, 3, 5, 3]);
    expect(log.lines.filter(({ msg }) => msg === 'batch sent').map(({ requests: count }) => count)).toEqual([1, 2, 2]);
  });

  it('wait for a full batch, but at most `maxDelayMs`', async () => {
    const { predictor, batches } = await start({ maxBatch: 3, maxDelayMs: 50 });
    const began = performance.now();
    await Promise.all([1, 2].map((seed) => predictor.predict(model, image(seed), 1)));
    expect(performance.now() - began).toBeGreaterThanOrEqual(49);
    expect(batches()).toEqual([2]);
    const { predictor: patient, batches: full } = await start({ maxBatch: 3, maxDelayMs: 10_000 });
    await Promise.all([1, 2, 3].map((seed) => patient.predict(model, image(seed), 1)));
    expect(full()).toEqual([3]);
  });

  it('run in several processes at once, preferably in one that has the model loaded', async () => {
    const log = captureLog();
    const { predictor } = await start({ processes: 2, logger: log.logger }, log);
    const ready = () => log.lines.filter(({ msg }) => msg === 'predictor ready');
    if (ready().length < 2) await log.line('predictor ready', log.lines.length);
    const pids = ready().map(({ predictorPid }) => Number(predictorPid));
    await predictor.predict(model, image(0), 1);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const answers = [model, other, model].map((asked) => predictor.predict(asked, image(0), 1));
    const sent = log.lines.filter(({ msg }) => msg === 'batch sent');
    expect(sent.map(({ predictorPid }) => predictorPid)).toEqual([
      sent[0]?.['predictorPid'],
      sent[0]?.['predictorPid'],
      expect.anything(),
    ]);
    expect(sent[2]?.['predictorPid']).not.toBe(sent[0]?.['predictorPid']);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    expect((await Promise.all(answers)).map(({ length }) => length)).toEqual([3, 5, 3]);
  });

  it('are refused while too many wait, and accepted afterwards', async () => {
    const { predictor, pid } = await start({ maxWaitingImages: 10 });
    process.kill(pid, 'SIGSTOP');
    const taken = Array.from({ length: 11 }, () => predictor.predict(model, image(0), 1));
    await expect(predictor.predict(model, image(0), 1)).rejects.toMatchObject({
      code: 'too_many_requests',
      status: 429,
      message: expect.stringContaining('10 images are already waiting'),
    });
    process.kill(pid, 'SIGCONT');
    await Promise.all(taken);
    expect(await predictor.predict(model, image(0), 1)).toHaveLength(3);
  });
});

describe('concurrent clients', () => {
  type Asked = Pick<Awaited<ReturnType<typeof start>>['predictor'], 'predict'>;
  const ask = ({ predict }: Asked, client: string, images: number, asked = model) =>
    predict(asked, Buffer.alloc(images * 784), images, { client, signal: new AbortController().signal });

  it('are served fairly: a request of thousands of images delays no other client', async () => {
    const { predictor, pid } = await start({ maxBatch: 8 });
    process.kill(pid, 'SIGSTOP');
    const order: string[] = [];
    const noted = (name: string, answer: Promise<unknown>) => answer.then(() => order.push(name));
    const greedy = Array.from({ length: 33 }, () => noted('greedy', ask(predictor, 'greedy', 1)));
    const others = [noted('same model', ask(predictor, 'a', 1)), noted('other model', ask(predictor, 'b', 1, other))];
    process.kill(pid, 'SIGCONT');
    await Promise.all([...greedy, ...others]);
    expect(order).toHaveLength(35);
    expect(order.indexOf('same model')).toBeLessThan(9);
    expect(order.indexOf('other model')).toBeLessThan(17);
  });

  it('have an equal share of the queue: the latest requests of the client with the most are refused', async () => {
    const { predictor, pid } = await start({ maxWaitingImages: 10 });
    process.kill(pid, 'SIGSTOP');
    const greedy = Array.from({ length: 11 }, () => ask(predictor, 'greedy', 1));
    const outcomes = Promise.allSettled(greedy);
    const others = [ask(predictor, 'a', 4), ask(predictor, 'b', 1)];
    await expect(ask(predictor, 'greedy', 1)).rejects.toMatchObject({
      code: 'too_many_requests',
      message: '10 images are already waiting for a prediction, 5 of them of this client. Try again in a few seconds.',
    });
    await expect(ask(predictor, 'b', 3)).rejects.toMatchObject({ code: 'too_many_requests' });
    process.kill(pid, 'SIGCONT');
    await Promise.all(others);
    const statuses = (await outcomes).map(({ status }) => status);
    expect(statuses).toEqual([...new Array(6).fill('fulfilled'), ...new Array(5).fill('rejected')]);
    await expect(greedy[10]).rejects.toMatchObject({
      code: 'too_many_requests',
      status: 429,
      message: expect.stringContaining('another client needed its share'),
    });
  });
});

describe('an aborted request', () => {
  it('is removed before it is computed', async () => {
    const { predictor, pid, batches } = await start();
    process.kill(pid, 'SIGSTOP');
    const first = predictor.predict(model, image(0), 1);
    const abort = new AbortController();
    const dropped = predictor.predict(model, image(1), 1, { signal: abort.signal });
    const last = predictor.predict(model, Buffer.concat([image(1), image(2)]), 2);
    abort.abort(new Error('gone'));
    await expect(dropped).rejects.toThrow('gone');
    process.kill(pid, 'SIGCONT');
    await Promise.all([first, last]);
    expect(batches()).toEqual([1, 2]);
    const signal = AbortSignal.abort(new Error('before'));
    await expect(predictor.predict(model, image(1), 1, { signal })).rejects.toThrow('before');
  });
});

describe('a predictor process that dies', () => {
  it('is restarted, and the new process answers its requests', async () => {
    const { predictor, pid, restarted } = await start();
    const expected = await predictor.predict(model, image(5), 1);
    process.kill(pid, 'SIGSTOP');
    const requests = Array.from({ length: 5 }, () => predictor.predict(model, image(5), 1));
    process.kill(pid, 'SIGKILL');
    for (const answer of await Promise.all(requests)) expectClose(answer, expected);
    expect(await restarted()).not.toBe(pid);
    expect(predictor.ready()).toBe(true);
  });

  it('fails a request with 503 the second time, and serves the next one', async () => {
    const pids: number[] = [];
    const log = captureLog(({ msg, predictorPid }) => {
      if (msg !== 'predictor ready') return;
      pids.push(Number(predictorPid));
      if (pids.length === 2) process.kill(Number(predictorPid), 'SIGSTOP'); // before it is sent the request again
    });
    const { predictor, pid, restarted } = await start({ logger: log.logger }, log);
    process.kill(pid, 'SIGSTOP');
    const request = predictor.predict(model, image(5), 1);
    const seen = log.lines.length;
    process.kill(pid, 'SIGKILL');
    await log.line('batch sent', seen);
    process.kill(Number(pids[1]), 'SIGKILL');
    await expect(request).rejects.toMatchObject({
      code: 'predictor_unavailable',
      status: 503,
      message: expect.stringContaining('died twice'),
    });
    expect(await restarted()).not.toBe(pids[1]);
    expect(await predictor.predict(model, image(5), 1)).toHaveLength(3);
  });

  it('leaves no request open under load', async () => {
    const { predictor, pid } = await start();
    let answered = 0;
    const client = async () => {
      const outcomes: string[] = [];
      for (let index = 0; index < 20; index++) {
        outcomes.push(
          await predictor.predict(model, image(index), 1).then(
            () => 'answered',
            (error: { code: string }) => error.code,
          ),
        );
        answered += 1;
        if (answered === 40) process.kill(pid, 'SIGKILL');
      }
      return outcomes;
    };
    const outcomes = (await Promise.all(Array.from({ length: 8 }, client))).flat();
    expect(outcomes).toHaveLength(160);
    expect(outcomes.every((outcome) => outcome === 'answered' || outcome === 'predictor_unavailable')).toBe(true);
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(120);
  });

  it('makes requests fail at once if it dies at every start', async () => {
    const broken = join(folder, 'broken.mjs');
    await writeFile(broken, 'process.exit(3);\n');
    const log = captureLog();
    const predictor = createPredictorPool({ logger: log.logger, predictorUrl: pathToFileURL(broken) });
    open.push(predictor);
    await expect(predictor.predict(model, image(0), 1)).rejects.toMatchObject({
      code: 'predictor_unavailable',
      message: expect.stringContaining('does not start'),
    });
    await expect(predictor.predict(model, image(0), 1)).rejects.toMatchObject({ code: 'predictor_unavailable' });
    expect(predictor.ready()).toBe(false);
    expect(log.lines.filter(({ msg, code }) => msg === 'predictor died' && code === 3)).toHaveLength(3);
  });
});

describe('a predictor process that hangs', () => {
  it('is killed, and another process answers the request', async () => {
    const { predictor, pid, restarted } = await start({ hangMs: 2_000 });
    process.kill(pid, 'SIGSTOP');
    expect(await predictor.predict(model, image(0), 1)).toHaveLength(3);
    expect(await restarted()).not.toBe(pid);
  });
});

describe('the statistics', () => {
  it('count images, requests, batches and failures of each model', async () => {
    const { predictor, pid } = await start();
    process.kill(pid, 'SIGSTOP');
    const requests = [1, 2, 3].map((seed) => predictor.predict(model, image(seed), 1));
    process.kill(pid, 'SIGCONT');
    await Promise.all(requests);
    const damaged = await saveTinyModel(store, { name: 'counted', seed: 6 });
    await writeFile(join(damaged.folder, 'saved_model/saved_model.pb'), 'rubbish');
    await expect(predictor.predict(damaged, image(0), 1)).rejects.toMatchObject({ code: 'model_corrupt' });
    const [tiny, counted] = predictor.statistics();
    expect(tiny).toMatchObject({ name: 'tiny', version: 1, images: 3, success: { count: 3 }, fail: { count: 0 } });
    expect([...(tiny?.batches ?? [])].map(([images, { count }]) => [images, count])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(tiny?.queue.ms).toBeLessThan(tiny?.success.ms ?? 0);
    expect(counted).toMatchObject({ name: 'counted', images: 0, success: { count: 0 }, fail: { count: 1 } });
    expect(counted?.batches.size).toBe(0);
  });
});

describe('a closed predictor pool', () => {
  it('rejects open and new requests, and leaves no process behind', async () => {
    const { predictor, pid } = await start();
    process.kill(pid, 'SIGSTOP');
    const requests = [predictor.predict(model, image(0), 1), predictor.predict(model, image(1), 1)].map((request) =>
      request.catch((error: { code: string }) => error.code),
    );
    await predictor.close();
    expect(await Promise.all(requests)).toEqual(['predictor_unavailable', 'predictor_unavailable']);
    await expect(predictor.predict(model, image(0), 1)).rejects.toMatchObject({ code: 'predictor_unavailable' });
    expect(() => process.kill(pid, 0)).toThrow();
    await predictor.close();
  });
});

describe('a graph with another digest', () => {
  it('is refused as model_corrupt, while other models are served', async () => {
    const { predictor } = await start();
    const damaged = await saveTinyModel(store, { name: 'damaged', seed: 3 });
    const missing = await saveTinyModel(store, { name: 'missing', seed: 4 });
    await writeFile(join(damaged.folder, 'saved_model/saved_model.pb'), 'rubbish');
    await rm(join(missing.folder, 'saved_model/saved_model.pb'));
    await expect(predictor.predict(damaged, image(0), 1)).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining(damaged.folder),
    });
    await expect(predictor.predict(missing, image(0), 1)).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining(missing.folder),
    });
    expect(await predictor.predict(model, image(0), 1)).toHaveLength(3);
  });
});

describe('a graph that does not fit its manifest', () => {
  it('is refused as model_corrupt', async () => {
    const { predictor } = await start();
    const savedModel = buildTinyGraph({ classes: 2 });
    const reference = await store.save(describeModel({ name: 'short', jobId: 'short' }), {
      weights: Buffer.of(),
      savedModel,
    });
    await expect(predictor.predict(await resolverOf(store).resolve(reference.name), image(0), 1)).rejects.toMatchObject(
      {
        code: 'model_corrupt',
        message: expect.stringContaining('returns 2 numbers, but its manifest says 3'),
      },
    );
  });
});

describe('the models loaded in a predictor process', () => {
  const command = (stored: ResolvedModel, images = 1) => ({
    type: 'predict' as const,
    id: 1,
    runtime: 'tensorflow' as const,
    path: join(stored.folder, 'saved_model/saved_model.pb'),
    sha256: stored.manifest.files.savedModel.sha256,
    precision: 'float32' as const,
    shape: [images, 28, 28, 1] as const,
    pixels: Buffer.alloc(images * 784, 100),
  });

  it('leak no tensor in 100 predictions and after errors', async () => {
    const models = createModelCache({
      memoryBytes: 2 ** 30,
      runtimes: createRuntimes({ openSession, openOnnxSession }),
    });
    await models.predict(command(model));
    const alive = tensorsAlive();
    for (let index = 0; index < 100; index++) await models.predict(command(model, 1 + (index % 7)));
    const misfit = { ...command(model), shape: [1, 27, 28, 1] as const, pixels: Buffer.alloc(27 * 28) };
    await expect(models.predict(misfit)).rejects.toThrow(/reshape/);
    expect(tensorsAlive()).toBe(alive);
    await models.close();
  });

  it('are closed by least recent use when memory runs out', async () => {
    const third = await saveTinyModel(store, { name: 'third', seed: 5 });
    const log: string[] = [];
    const models = createModelCache({
      memoryBytes: 50 * 2 ** 20, // two of these
      runtimes: createRuntimes({
        openOnnxSession,
        openSession: (path) => {
          const session = openSession(path);
          log.push(`open ${path}`);
          return {
            run: session.run,
            close: () => {
              session.close();
              log.push(`close ${path}`);
            },
          };
        },
      }),
    });
    for (const stored of [model, other, model, third, model, other]) await models.predict(command(stored));
    const [a, b, c] = [model, other, third].map((stored) => join(stored.folder, 'saved_model'));
    expect(log).toEqual([`open ${a}`, `open ${b}`, `close ${b}`, `open ${c}`, `close ${c}`, `open ${b}`]);
    await models.close();
    expect(log.slice(6)).toEqual([`close ${a}`, `close ${b}`]);
  });
});
