/** Retention of checkpoints of ended jobs, by age and number of jobs. */
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CheckpointRetention, createCheckpointRetention } from '../../src/store/checkpoint-retention.js';
import { openCheckpoints } from '../../src/store/checkpoints.js';
import { idOf } from '../support/ids.js';

const DAY = 86_400_000;

let checkpointsDir: string;
/** Days since each job ended; `open` if it has not ended. */
let jobs: Record<string, number | 'open'>;

beforeEach(async () => {
  checkpointsDir = await mkdtemp(join(tmpdir(), 'trainyard-retention-'));
  jobs = {};
});
afterEach(() => rm(checkpointsDir, { recursive: true, force: true }));

/** Creates a job with checkpoints after 10, 20 and 30 steps. The first one is the best. */
async function train(name: string, ended: number | 'open' | 'unknown'): Promise<void> {
  const jobId = idOf(name);
  if (ended !== 'unknown') jobs[jobId] = ended;
  const checkpoints = await openCheckpoints({ checkpointsDir, jobId, attempt: 1 });
  const best = { epoch: 1, steps: 10, value: 0.9 };
  const position = { epoch: 1, step: 1, totals: { loss: 0, correct: 0, images: 0, seconds: 0 }, seconds: 0 };
  for (const steps of [10, 20, 30])
    await checkpoints.save({ header: { jobId, attempt: 1, steps, position, events: [], best }, tensors: new Map() });
  await writeFile(join(checkpointsDir, jobId, 'start.safetensors'), '');
}

/** Sets the modification times in the job's folder to `days` days ago. */
async function age(name: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * DAY);
  const root = join(checkpointsDir, idOf(name));
  for (const name of ['', ...(await readdir(root, { recursive: true }))]) await utimes(join(root, name), then, then);
}

const retention = (settings: CheckpointRetention) =>
  createCheckpointRetention({
    checkpointsDir,
    find: async (jobId) => {
      const days = jobs[jobId];
      if (days === undefined) return undefined;
      return days === 'open' ? {} : { endedAt: new Date(Date.now() - days * DAY).toISOString() };
    },
    ...settings,
  });
const filesOf = async (name: string) => (await readdir(join(checkpointsDir, idOf(name)), { recursive: true })).sort();
const left = async () => (await readdir(checkpointsDir)).sort();

describe('checkpoint retention', () => {
  test('keeps the last and the best checkpoint of an ended job, not its starting point', async () => {
    await train('a', 0);
    await retention({ days: 7, count: 20 }).ended(idOf('a'));
    expect(await filesOf('a')).toEqual(['1', '1/10.safetensors', '1/30.safetensors']);
  });

  test('keeps the ends of the last epochs of an ended job', async () => {
    const checkpoints = await openCheckpoints({ checkpointsDir, jobId: idOf('a'), attempt: 1, checkpointsKept: 4 });
    const totals = { loss: 0, correct: 0, images: 0, seconds: 0 };
    for (const done of [1, 2, 3, 4, 5]) {
      const position = { epoch: done + 1, step: 0, totals, seconds: 0 };
      const best = { epoch: 2, steps: 20, value: 0.9 };
      const header = { jobId: idOf('a'), attempt: 1, steps: 10 * done, position, events: [], best };
      await checkpoints.save({ header, tensors: new Map() });
    }
    jobs[idOf('a')] = 0;
    await retention({ days: 7, count: 20, checkpointsKept: 2 }).ended(idOf('a'));
    expect(await filesOf('a')).toEqual(['1', '1/20.safetensors', '1/40.safetensors', '1/50.safetensors']);
  });

  test('keeps all checkpoints of a job that has not ended', async () => {
    await train('a', 'open');
    expect(await retention({ days: 1, count: 1 }).sweep(Date.now() + 1_000 * DAY)).toBe(0);
    expect(await filesOf('a')).toHaveLength(5);
  });

  test('removes checkpoints by age', async () => {
    await train('old', 8);
    await train('young', 6);
    expect(await retention({ days: 7, count: 0 }).sweep()).toBe(1);
    expect(await left()).toEqual(['young'].map(idOf).sort());
  });

  test('removes the checkpoints of the jobs that ended first, beyond the number of jobs', async () => {
    for (const [jobId, days] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
      ['d', 'open'],
    ] as const)
      await train(jobId, days);
    expect(await retention({ days: 0, count: 2 }).sweep()).toBe(1);
    expect(await left()).toEqual(['b', 'c', 'd'].map(idOf).sort());
  });

  test('removes checkpoints of a job unknown to the queue by their own age, but not within a day', async () => {
    await train('forgotten', 'unknown');
    await age('forgotten', 9);
    await train('coming', 'unknown');
    expect(await retention({ days: 7, count: 1 }).sweep()).toBe(1);
    expect(await left()).toEqual(['coming'].map(idOf).sort());
    await age('coming', 2);
    await train('known', 1);
    expect(await retention({ days: 0, count: 1 }).sweep()).toBe(1);
    expect(await left()).toEqual(['known'].map(idOf).sort());
  });

  test('removes the folder of a job that ended without a checkpoint', async () => {
    await openCheckpoints({ checkpointsDir, jobId: idOf('a'), attempt: 1 });
    jobs[idOf('a')] = 0;
    await retention({ days: 7, count: 20 }).ended(idOf('a'));
    expect(await left()).toEqual([]);
  });

  test('keeps checkpoints forever if there is no limit', async () => {
    await train('a', 10_000);
    expect(await retention({ days: 0, count: 0 }).sweep()).toBe(0);
    expect(await left()).toEqual(['a'].map(idOf).sort());
  });
});
