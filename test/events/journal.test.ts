/** Journal: the only writer of a job's status and frames. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type EpochEvent, positionOf, type StepEvent } from '../../src/contracts/jobs/frame.js';
import { createJournal, keys } from '../../src/events/index.js';
import { openService } from '../support/running-service.js';
import { openServiceForFile } from '../support/service-for-file.js';

const { server, service } = await openServiceForFile();

const stepEvent: StepEvent = {
  type: 'step',
  epoch: 1,
  step: 1,
  steps: 4,
  loss: 1,
  accuracy: 0,
  learningRate: 0.1,
  imagesPerSecond: 1,
};

const epochEvent: EpochEvent = {
  type: 'epoch',
  epoch: 1,
  epochs: 5,
  trainLoss: 1,
  trainAccuracy: 0.5,
  testLoss: 1,
  testAccuracy: 0.5,
  seconds: 1,
  imagesPerSecond: 1,
};

async function newJob(): Promise<string> {
  const jobId = randomUUID();
  const at = new Date().toISOString();
  const event = { type: 'status', status: 'queued', attempt: 0 } as const;
  await service.journal.create({ jobId, at, event, record: { id: jobId, spec: '{}', createdAt: at } });
  return jobId;
}

async function runningJob(attempt = 1): Promise<string> {
  const jobId = await newJob();
  const event = { type: 'status', status: 'running', attempt } as const;
  await service.journal.write({ jobId, from: ['queued'], to: 'running', event, patch: { attempt } });
  return jobId;
}

describe('the journal', () => {
  test('numbers frames from 1 without holes, even with concurrent writers', async () => {
    const jobId = await runningJob();
    const writes = Array.from({ length: 100 }, () =>
      service.journal.write({ jobId, from: ['running'], event: stepEvent }),
    );
    const seqs = (await Promise.all(writes)).map(({ seq }) => seq);
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 3));
    const frames = await service.events.list(jobId, 0, 1_000);
    expect(frames.map(positionOf)).toEqual(Array.from({ length: 102 }, (_, index) => index + 1));
    expect(frames[0]).toMatchObject({ seq: 1, jobId, type: 'status', status: 'queued', attempt: 0 });
  });

  test('creates a job once', async () => {
    const jobId = await newJob();
    const again = await service.journal.create({
      jobId,
      at: '',
      event: { type: 'status', status: 'queued', attempt: 0 },
      record: { id: 'x' },
    });
    expect(again).toEqual({ outcome: 'known', jobId });
    expect(await service.journal.read(jobId)).toMatchObject({ id: jobId, seq: '1' });
  });

  test('refuses an overtaken attempt, and writes nothing', async () => {
    const jobId = await runningJob(2);
    const before = await service.journal.read(jobId);
    const answer = await service.journal.write({
      jobId,
      attempt: 1,
      from: ['running'],
      event: stepEvent,
      patch: { progress: 'x' },
    });
    expect(answer).toMatchObject({ outcome: 'fenced', attempt: 2, status: 'running' });
    expect(await service.journal.read(jobId)).toEqual(before);
    expect(await service.events.list(jobId, 2, 10)).toEqual([]);
  });

  test('refuses a write from a status that the job is not in', async () => {
    const jobId = await newJob();
    const answer = await service.journal.write({
      jobId,
      from: ['running'],
      to: 'succeeded',
      event: { type: 'end', status: 'succeeded' },
    });
    expect(answer).toMatchObject({ outcome: 'refused', status: 'queued', seq: 1 });
  });

  test('answers `missing` for an unknown job, and creates none', async () => {
    const answer = await service.journal.write({ jobId: 'nobody', from: ['running'], event: stepEvent });
    expect(answer.outcome).toBe('missing');
    expect(await service.redis.exists(keys.job('nobody'), keys.events('nobody'))).toBe(0);
  });

  test('writes once if the write is repeated because its answer was lost', async () => {
    const jobId = await runningJob();
    const change = { jobId, attempt: 1, from: ['running'], event: stepEvent, token: '1:1' } as const;
    const first = await service.journal.write(change);
    expect(await service.journal.write(change)).toEqual(first);
    expect(await service.events.list(jobId, 2, 10)).toHaveLength(1);
  });

  test("limits the bytes of a job's frames by removing only the oldest steps", async () => {
    const frameBytes = 20_000;
    const own = await openService(server);
    const journal = createJournal(own.redis, { stepFrames: 20_000, frameBytes });
    const jobId = await runningJob();
    const write = (event: typeof stepEvent | typeof epochEvent) => journal.write({ jobId, from: ['running'], event });
    for (let epoch = 1; epoch <= 5; epoch++) {
      for (let step = 0; step < 60; step++) await write(stepEvent);
      await write(epochEvent);
    }
    const used = await service.redis.memory('USAGE', keys.steps(jobId));
    expect(Number(used)).toBeLessThan(1.5 * frameBytes);
    // The last frame is an epoch. The next step frame frees space for it.
    expect(Number((await service.journal.read(jobId))?.['frameBytes'])).toBeLessThan(frameBytes + 500);
    const frames = await service.events.list(jobId, 0, 1_000);
    expect(frames.filter(({ type }) => type === 'epoch')).toHaveLength(5);
    const steps = frames.filter(({ type }) => type === 'step');
    expect(steps.length).toBeGreaterThan(30);
    expect(steps.length).toBeLessThan(150);
    expect(frames.filter(({ type }) => type === 'gap')).not.toEqual([]);
    await own.close();
  });

  test('keeps the sets of jobs by status consistent with the record', async () => {
    const jobId = await runningJob();
    expect(await service.redis.zscore(keys.jobsIn('queued'), jobId)).toBeNull();
    expect(await service.redis.zscore(keys.jobsIn('running'), jobId)).not.toBeNull();
  });
});
