/** Evaluations in the queue: one result whatever happens to a worker, and a place among the jobs. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { DatasetEvaluation, EvaluationResult } from '../../src/contracts/models/dataset-evaluation.js';
import { encodePredictions } from '../../src/formats/test-predictions.js';
import type { EvaluatorOutcome, StartEvaluator } from '../../src/processes/evaluator-process.js';
import { createEvaluationJobs, createEvaluationRecords } from '../../src/queue/index.js';
import { createEvaluationRunner } from '../../src/queue/run-evaluation.js';
import { openModelEvaluations } from '../../src/store/model-evaluations.js';
import { openServiceForFile } from '../support/service-for-file.js';

const { server, service } = await openServiceForFile();
const modelsDir = join(server.folder, 'models');
const records = createEvaluationRecords(service.redis);
const jobs = createEvaluationJobs({ records, entries: service.entries, logger: service.logger });
const stored = openModelEvaluations(modelsDir);
const never = new AbortController().signal;
const claim = { id: 'claim', isLocked: async () => true };

let version = 0;
beforeEach(async () => {
  version += 1;
  await mkdir(join(modelsDir, 'boots', String(version)), { recursive: true });
});

const submit = async (): Promise<DatasetEvaluation> =>
  (await jobs.submit({ name: 'boots', version }, { dataset: 'synthetic' }, undefined)).evaluation;
const read = async ({ id }: DatasetEvaluation) => (await records.read(id))?.evaluation;
const folders = (): Promise<string[]> => readdir(join(modelsDir, 'boots', String(version), 'evaluations'));

const result: EvaluationResult = {
  confusion: [[1]],
  classes: [],
  macro: { precision: 1, recall: 1, f1: 1 },
  calibration: { bins: 15, expectedCalibrationError: 0, temperature: null, fitted: '', calibratedError: null },
};

/** Stores a result as an evaluator does. */
async function store(evaluation: DatasetEvaluation): Promise<EvaluatorOutcome> {
  const one = { images: 1, accuracy: 1, loss: 0, balancedAccuracy: 1, macroF1: 1, expectedCalibrationError: 0 };
  const ended: DatasetEvaluation = {
    ...evaluation,
    state: 'succeeded',
    endedAt: new Date().toISOString(),
    scores: one,
  };
  const column = Int32Array.of(0);
  const predictions = { images: column, labels: column, predicted: column, probabilities: Float32Array.of(1) };
  return {
    type: 'evaluated',
    evaluation: await stored.save({ evaluation: ended, result, predictions: encodePredictions(predictions) }),
  };
}

const runner = (startEvaluator: StartEvaluator, stopping = never) =>
  createEvaluationRunner({
    records,
    storedIn: () => stored,
    startEvaluator,
    stopping,
    givingUp: never,
    logger: service.logger,
  });

/** An evaluator that runs until it is killed. */
const hanging: StartEvaluator = (_, { signal }) =>
  new Promise((resolve) => {
    const killed = { type: 'died', error: { code: 'evaluation_failed', message: 'It was killed.' } } as const;
    if (signal.aborted) resolve(killed);
    signal.addEventListener('abort', () => resolve(killed));
  });

it('is done again by another worker, and the frozen worker cannot write any more', async () => {
  const evaluation = await submit();
  const frozen = runner(hanging)(evaluation.id, claim);
  await expect.poll(async () => (await read(evaluation))?.attempt).toBe(1);
  expect(await runner(store)(evaluation.id, claim)).toEqual({ entry: 'done' });
  expect(await frozen).toEqual({ entry: 'lost' });
  expect(await read(evaluation)).toMatchObject({ state: 'succeeded', attempt: 2, scores: { accuracy: 1 } });
  expect(await folders()).toEqual([evaluation.id]);
});

it('ends with the result that a lost worker has stored without recording it', async () => {
  const evaluation = await submit();
  const lost = await runner(async (begun) => {
    await store(begun);
    return hanging(begun, {
      project: 'default',
      signal: AbortSignal.abort(),
      logger: service.logger,
      onProgress: () => undefined,
    });
  })(evaluation.id, claim);
  expect(lost.entry).toBe('return');
  expect(await runner(hanging)(evaluation.id, claim)).toEqual({ entry: 'done' });
  expect(await read(evaluation)).toMatchObject({ state: 'succeeded', scores: { accuracy: 1 } });
  expect(await folders()).toEqual([evaluation.id]);
});

it('leaves nothing behind if it is deleted at the moment its result is stored', async () => {
  const evaluation = await submit();
  const settlement = await runner(async (begun) => {
    const outcome = await store(begun);
    await jobs.delete(begun.model, begun.id);
    return outcome;
  })(evaluation.id, claim);
  expect(settlement).toEqual({ entry: 'done' });
  expect(await folders()).toEqual([]);
  expect(await jobs.find(evaluation.id)).toBeUndefined();
});

it('fails after its third worker was lost', async () => {
  const evaluation = await submit();
  for (let worker = 1; worker <= 3; worker++) {
    void runner(hanging)(evaluation.id, claim);
    await expect.poll(async () => (await read(evaluation))?.attempt).toBe(worker);
  }
  expect(await runner(store)(evaluation.id, claim)).toEqual({ entry: 'done' });
  expect(await read(evaluation)).toMatchObject({ state: 'failed', error: { code: 'worker_lost' } });
});

it('goes back into the queue when its worker stops', async () => {
  const evaluation = await submit();
  const stopping = new AbortController();
  const running = runner(hanging, stopping.signal)(evaluation.id, claim);
  await expect.poll(async () => (await read(evaluation))?.state).toBe('running');
  stopping.abort();
  expect(await running).toEqual({ entry: 'return' });
  expect(await read(evaluation)).toMatchObject({ state: 'queued', attempt: 1 });
  await jobs.delete(evaluation.model, evaluation.id);
});

it('loses its queue entry and gets it back', async () => {
  const evaluation = await submit();
  await service.entries.remove(evaluation.id);
  expect(await jobs.restoreEntries()).toBe(1);
  expect(await jobs.restoreEntries()).toBe(0);
  await jobs.delete(evaluation.model, evaluation.id);
});

it('is skipped if its record is corrupt', async () => {
  const evaluation = await submit();
  await service.redis.hset(`trainyard:evaluation:${evaluation.id}`, 'record', '{"id":"../../etc"}');
  expect(await runner(store)(evaluation.id, claim)).toEqual({ entry: 'done' });
  expect(await jobs.restoreEntries()).toBe(0);
});

it('waits for the jobs that were submitted before it, and comes before those submitted later', async () => {
  const before = await service.submit('works');
  const evaluation = await submit();
  const after = await service.submit('works');
  await service.work({ evaluations: { records, storedIn: () => stored, startEvaluator: store } });
  for (const { id } of [before, after]) await service.history(id);
  expect(await read(evaluation)).toMatchObject({ state: 'succeeded' });
  const [first, second] = await Promise.all([before, after].map(({ id }) => service.jobs.get(id)));
  const begun = (await read(evaluation))?.startedAt ?? '';
  expect(first?.endedAt && first.endedAt <= begun).toBe(true);
  expect(second?.startedAt && second.startedAt >= begun).toBe(true);
});
