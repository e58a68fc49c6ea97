/** A job that changes hands, or ends after its worker was lost: its stream is first completed from disk. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EpochEvent, Frame, GapEvent, RunHistoryEvent, StepEvent } from '../../src/contracts/jobs/frame.js';
import type { EndReason } from '../../src/contracts/jobs/stop-reason.js';
import type { CheckpointHeader } from '../../src/contracts/processes/checkpoint-header.js';
import { beginAttempt } from '../../src/queue/begin-attempt.js';
import { type JobRecord, patchOf, recordOf } from '../../src/queue/record.js';
import { openCheckpoints } from '../../src/store/checkpoints.js';
import { findModelOfJob } from '../../src/store/find-model-of-job.js';
import { openModelStore } from '../../src/store/index.js';
import { encodeRunHistory, readRunHistory } from '../../src/store/stored-run-history.js';
import { stepOf } from '../../src/tensorboard/event-messages.js';
import { createRecorder, eventFolder } from '../../src/tensorboard/index.js';
import { decodeRecords } from '../../src/tensorboard/records.js';
import { describeModel } from '../support/models.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, progressOf, type Service, summarizeFrames, wholeProgress } from '../support/running-service.js';

/** As the trainer of the fixtures has them. */
const STEPS = 4;
const EPOCHS = 3;
const NAME = 'walks';
const ENDED: EndReason = { code: 'epochs', message: 'All 3 epochs were trained.' };
const files = { weights: Buffer.from('weights'), savedModel: Buffer.from('graph') };

const step = (epoch: number, number: number): StepEvent => ({
  type: 'step',
  epoch,
  step: number,
  steps: STEPS,
  loss: 1 / (epoch * number),
  accuracy: 0.5,
  learningRate: 0.1,
  imagesPerSecond: 100,
});
/** As the trainer of the fixtures has them. */
const scoresIn = (epoch: number) => ({
  epoch,
  trainLoss: 0.5,
  trainAccuracy: 0.8,
  testLoss: 0.6,
  testAccuracy: 0.7,
});
const epochEvent = (epoch: number): EpochEvent => ({
  type: 'epoch',
  ...scoresIn(epoch),
  epochs: EPOCHS,
  seconds: 1,
  imagesPerSecond: 100,
});
const gap = (epoch: number, number: number): GapEvent => ({ type: 'gap', epoch, step: number, steps: STEPS });

/** Returns all events of a run. */
const historyOf = (epochs: number): RunHistoryEvent[] =>
  Array.from({ length: epochs }, (_, i) => i + 1).flatMap((epoch) => [
    ...Array.from({ length: STEPS }, (_, i) => step(epoch, i + 1)),
    epochEvent(epoch),
  ]);
const HISTORY = historyOf(EPOCHS);

let server: TestRedis;
let service: Service;
let dataDir: string;
const folders = () => ({ modelsDir: join(dataDir, 'models'), checkpointsDir: join(dataDir, 'checkpoints') });

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  service = await openService(server);
  await service.redis.flushall();
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-handover-'));
});
afterEach(async () => {
  await service.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Returns a job whose worker began its first attempt, wrote these events and disappeared. */
async function lost(events: readonly RunHistoryEvent[] = []): Promise<string> {
  const { id } = await service.submit(NAME, { epochs: EPOCHS });
  const read = async () => {
    const fields = await service.journal.read(id);
    return fields && recordOf(id, fields);
  };
  const options = { jobId: id, claim: 'first', maxRestarts: 2, isLocked: async () => true };
  expect(await beginAttempt(read, service.journal.write, options)).toMatchObject({ outcome: 'begun', attempt: 1 });
  for (const event of events) await asLostWorker(id, event);
  return id;
}

/** Writes an event as the lost worker would after its return. */
const asLostWorker = (jobId: string, event: RunHistoryEvent) =>
  service.journal.write({ jobId, from: ['running'], attempt: 1, term: 1, event, patch: patchOf(event) });

async function saveModel(id: string, history?: Uint8Array): Promise<void> {
  const store = await openModelStore(folders().modelsDir);
  const description = describeModel({ jobId: id, name: NAME, reason: ENDED });
  await store.save(description, { ...files, ...(history && { course: history }) });
}

async function saveCheckpoint(id: string, steps: number, events: readonly RunHistoryEvent[]): Promise<void> {
  const checkpoints = await openCheckpoints({ checkpointsDir: folders().checkpointsDir, jobId: id, attempt: 1 });
  const totals = { loss: 0, correct: 0, images: 0, seconds: 0 };
  const position = { epoch: 1 + Math.floor(steps / STEPS), step: steps % STEPS, totals, seconds: 0 };
  const header: CheckpointHeader = { jobId: id, attempt: 1, steps, position, events: [...events] };
  await checkpoints.save({ header, tensors: new Map([['w', { shape: [2], values: Float32Array.of(1, steps) }]]) });
}

const takeOver = () =>
  service.work({
    hooks: {
      findModel: ({ id: jobId, spec: { name } }, attempt) => findModelOfJob(folders(), { jobId, name }, attempt),
      readRunHistory: ({ id: jobId }, model, isNews) =>
        readRunHistory(folders(), { jobId, model }, { isNews, warn: () => undefined }),
      recordFrames: createRecorder({
        folder: join(dataDir, 'tensorboard'),
        list: service.events.list,
        logger: service.logger,
      }),
    },
  });

const withoutRunHistory = (frames: readonly Frame[]) =>
  summarizeFrames(frames).filter((name) => !['step', 'epoch', 'gap'].includes(name));
const isRunHistory = ({ type }: Frame): boolean => type === 'step' || type === 'epoch' || type === 'gap';
const numbers = (frames: readonly Frame[]) => frames.map(({ seq }) => seq);
const fromOne = (frames: readonly Frame[]) => frames.map((_, index) => index + 1);

/** Checks that every step and epoch appears once before `last`, and that no number is missing. */
async function expectWhole(id: string, last: string): Promise<void> {
  const frames = await service.history(id);
  expect(progressOf(frames)).toEqual(wholeProgress(EPOCHS, STEPS));
  expect(numbers(frames)).toEqual(fromOne(frames));
  expect(summarizeFrames(frames).at(-1)).toBe(last);
  expect((await service.jobs.get(id)).scores).toEqual(scoresIn(EPOCHS));
  const folder = eventFolder(join(dataDir, 'tensorboard'), { id, name: NAME });
  const [file = ''] = await readdir(folder);
  const { records } = decodeRecords(await readFile(join(folder, file)));
  const places = records.map(stepOf).filter((place) => place !== undefined);
  expect(places.filter(({ series }) => series === 'train')).toHaveLength(EPOCHS * STEPS);
  expect(places.filter(({ series }) => series === 'epoch')).toHaveLength(EPOCHS);
}

describe('the next worker, with the model of a job,', () => {
  test('completes the stream from the run history of the model before the job ends', async () => {
    const id = await lost(HISTORY.slice(0, 3));
    await saveModel(id, encodeRunHistory(HISTORY));
    await takeOver();
    await expectWhole(id, 'end succeeded');
    expect(withoutRunHistory(await service.history(id))).toEqual(['queued 0', 'running 1', 'end succeeded']);
  });

  test('completes the stream from the last checkpoint if the model has no run history', async () => {
    const id = await lost(HISTORY.slice(0, 7));
    await saveModel(id);
    await saveCheckpoint(id, EPOCHS * STEPS, HISTORY);
    await takeOver();
    await expectWhole(id, 'end succeeded');
  });

  test('completes the stream from the last checkpoint if the run history of the model is damaged', async () => {
    const id = await lost();
    await saveModel(id, encodeRunHistory(HISTORY));
    await writeFile(join(folders().modelsDir, NAME, '1/history.json'), '{"format":"trainyard-history/1","events":[]}');
    await saveCheckpoint(id, EPOCHS * STEPS, HISTORY);
    await takeOver();
    await expectWhole(id, 'end succeeded');
  });

  test('writes nothing again if the stream is complete', async () => {
    const id = await lost(HISTORY);
    await saveModel(id, encodeRunHistory(HISTORY));
    await takeOver();
    await expectWhole(id, 'end succeeded');
  });

  test('writes a change of the run that the stream lacks', async () => {
    const id = await lost(HISTORY.slice(0, 2));
    await service.jobs.change(id, { learningRate: 0.2 });
    const change: RunHistoryEvent = {
      type: 'change',
      number: 1,
      step: 2,
      from: { learningRate: 0.1 },
      to: { learningRate: 0.2 },
    };
    await saveModel(id, encodeRunHistory([...HISTORY.slice(0, 2), change, ...HISTORY.slice(2)]));
    await takeOver();
    await expectWhole(id, 'end succeeded');
    const frames = await service.history(id);
    expect(frames.filter(({ type }) => type === 'change')).toMatchObject([{ number: 1, step: 2 }]);
    expect((await service.jobs.get(id)).changes).toMatchObject([{ number: 1, step: 2 }]);
  });
});

describe('the next worker, with a checkpoint of a job,', () => {
  test('completes its stream before a cancel ends the job', async () => {
    const id = await lost(HISTORY.slice(0, 3));
    await saveCheckpoint(id, EPOCHS * STEPS, HISTORY);
    await service.jobs.cancel(id);
    await takeOver();
    await expectWhole(id, 'end cancelled');
  });

  test('completes its stream before the job fails because it lost too many workers', async () => {
    const id = await lost(HISTORY.slice(0, 3));
    await saveCheckpoint(id, EPOCHS * STEPS, HISTORY);
    const losses = { count: 99, furthest: { epoch: EPOCHS, step: STEPS, steps: STEPS } };
    await service.redis.hset(`trainyard:job:${id}`, 'losses', JSON.stringify(losses));
    await takeOver();
    await expectWhole(id, 'end failed');
  });

  test('completes its stream before the job is paused', async () => {
    const id = await lost(HISTORY.slice(0, 3));
    await saveCheckpoint(id, EPOCHS * STEPS, HISTORY);
    await service.pauses.pause(id);
    await takeOver();
    await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
    expect(summarizeFrames((await service.events.list(id, 0, 100)) as Frame[]).at(-1)).toBe('paused 1');
    await service.jobs.cancel(id);
    await expectWhole(id, 'end cancelled');
  });

  test('completes its stream before the job goes back into the queue, and the next attempt appends the rest', async () => {
    const id = await lost(HISTORY.slice(0, 3));
    await saveCheckpoint(id, 2 * STEPS, historyOf(2));
    await takeOver();
    await expectWhole(id, 'end succeeded');
    const frames = await service.history(id);
    const queued = frames.findIndex(
      (frame) => frame.type === 'status' && frame.attempt === 1 && frame.status === 'queued',
    );
    expect(progressOf(frames.slice(0, queued))).toEqual(wholeProgress(2, STEPS));
    expect(withoutRunHistory(frames)).toEqual([
      'queued 0',
      'running 1',
      'queued 1 worker_stopped',
      'running 2',
      'end succeeded',
    ]);
  });

  test('uses the checkpoint before if the newest is damaged', async () => {
    const id = await lost(HISTORY.slice(0, 3));
    await saveCheckpoint(id, EPOCHS * STEPS - 1, HISTORY);
    await saveCheckpoint(id, EPOCHS * STEPS, [...HISTORY, epochEvent(EPOCHS + 1)]);
    const path = join(folders().checkpointsDir, id, '1', `${EPOCHS * STEPS}.safetensors`);
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = 255 - Number(bytes.at(-1));
    await writeFile(path, bytes);
    await service.jobs.cancel(id);
    await takeOver();
    await expectWhole(id, 'end cancelled');
  });
});

describe('steps that are stored nowhere', () => {
  const kept = [epochEvent(1), gap(2, 2), ...HISTORY.slice(STEPS + 1 + 2)];

  test('become one gap frame with its own number', async () => {
    const id = await lost(HISTORY.slice(0, 2));
    await saveModel(id, encodeRunHistory(kept));
    await takeOver();
    const frames = await service.history(id);
    expect(numbers(frames)).toEqual(fromOne(frames));
    const events = frames.filter(isRunHistory);
    expect(events.map(({ type }) => type).slice(0, 5)).toEqual(['step', 'step', 'epoch', 'gap', 'step']);
    const found = events[3] as Frame;
    expect(found).toEqual({
      ...gap(2, 2),
      seq: found.seq,
      from: found.seq,
      to: found.seq,
      jobId: id,
      at: expect.any(String),
    });
    expect(progressOf(frames)).toEqual(['1:1', '1:2', '1', ...wholeProgress(EPOCHS, STEPS).slice(STEPS + 1 + 2)]);
    // A reader that continues at or after the gap misses nothing.
    expect(await service.history(id, found.seq)).toEqual(frames.slice(found.seq));
    expect(await service.history(id, found.seq - 1)).toEqual(frames.slice(found.seq - 1));
    expect(await service.events.list(id, 0, 1_000)).toEqual(frames);
  });

  test('become one gap although the job changes hands several times', async () => {
    const id = await lost(HISTORY.slice(0, 2));
    await asLostWorker(id, epochEvent(1));
    await asLostWorker(id, gap(2, 2));
    await saveModel(id, encodeRunHistory(kept));
    await takeOver();
    const frames = await service.history(id);
    expect(frames.filter(({ type }) => type === 'gap')).toHaveLength(1);
  });

  test('become no gap if the stream has them', async () => {
    const id = await lost(HISTORY.slice(0, STEPS + 3));
    await saveModel(id, encodeRunHistory(kept));
    await takeOver();
    await expectWhole(id, 'end succeeded');
    expect((await service.history(id)).filter(({ type }) => type === 'gap')).toEqual([]);
  });
});

describe('a worker that returns after another has taken its job over', () => {
  test('writes nothing more, even before the next attempt has begun', async () => {
    const id = await lost(HISTORY.slice(0, 2));
    await saveCheckpoint(id, 2 * STEPS, historyOf(2));
    const read = async () => {
      const fields = await service.journal.read(id);
      return fields && recordOf(id, fields);
    };
    const outcomes: string[] = [];
    const takesOver = async () => {
      outcomes.push((await asLostWorker(id, step(1, 3))).outcome);
      return undefined;
    };
    const options = { jobId: id, claim: randomUUID(), maxRestarts: 2, isLocked: async () => true, takeOver: takesOver };
    expect(await beginAttempt(read, service.journal.write, options)).toMatchObject({ outcome: 'begun', attempt: 2 });
    outcomes.push((await asLostWorker(id, step(1, 3))).outcome);
    expect(outcomes).toEqual(['fenced', 'fenced']);
    expect(summarizeFrames((await service.events.list(id, 0, 100)) as Frame[])).toEqual([
      ...['queued 0', 'running 1', 'step', 'step', 'queued 1 worker_stopped', 'running 2'],
    ]);
  });

  test('can write until its job is taken over', async () => {
    const id = await lost(HISTORY.slice(0, 2));
    const read = async () => {
      const fields = await service.journal.read(id);
      return fields && recordOf(id, fields);
    };
    /** Writes its last frame after the other worker has read the record. */
    const write: typeof service.journal.write = async (change) => {
      if (change.token?.includes(':take:')) await asLostWorker(id, step(1, 3));
      return service.journal.write(change);
    };
    const seen: unknown[] = [];
    const takesOver = async ({ job }: JobRecord) => {
      seen.push(job.progress);
      return undefined;
    };
    const options = { jobId: id, claim: randomUUID(), maxRestarts: 2, isLocked: async () => true, takeOver: takesOver };
    expect(await beginAttempt(read, write, options)).toMatchObject({ outcome: 'begun', attempt: 2 });
    expect(seen).toMatchObject([{ epoch: 1, step: 3 }]);
  });

  test('writes nothing again with a delayed command', async () => {
    const id = await lost();
    const write = (number: number) =>
      service.journal.write({ jobId: id, from: ['running'], term: 1, event: step(1, number), token: `1:${number}` });
    for (const number of [1, 2, 3]) expect(await write(number)).toMatchObject({ outcome: 'written' });
    // The answer says that the write is done, but nothing is written.
    for (const number of [2, 1, 3]) expect(await write(number)).toMatchObject({ outcome: 'written', seq: 5 });
    expect(progressOf((await service.events.list(id, 0, 100)) as Frame[])).toEqual(['1:1', '1:2', '1:3']);
  });
});
