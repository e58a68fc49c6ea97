/** A job that repeatedly takes its worker down: it ends unless it makes progress. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import { type AttemptBeginning, beginAttempt } from '../../src/queue/begin-attempt.js';
import { recordOf } from '../../src/queue/record.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let service: Service;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
});
afterAll(async () => {
  await service.close();
  await server.close();
});

let turns = 0;

/** Begins an attempt for a worker that then disappears. The next worker finds the job running. */
function begin({ id }: Job, maxRestarts: number): Promise<AttemptBeginning> {
  const read = async () => {
    const fields = await service.journal.read(id);
    return fields && recordOf(id, fields);
  };
  const isLocked = async () => true;
  return beginAttempt(read, service.journal.write, { jobId: id, claim: `turn ${++turns}`, maxRestarts, isLocked });
}

const reach = ({ id }: Job, epoch: number, step: number) =>
  service.journal.write({
    jobId: id,
    from: ['running'],
    patch: { progress: JSON.stringify({ epoch, step, steps: 9 }) },
  });

describe('a job that repeatedly takes its worker down', () => {
  test('ends as worker_lost with its last progress if it makes none', async () => {
    const job = await service.submit('succeeds');
    // The first attempt, and one after each allowed loss: MAX_RESTARTS plus three.
    for (let attempt = 1; attempt <= 6; attempt++) {
      expect(await begin(job, 2)).toMatchObject({ outcome: 'begun', attempt });
      await reach(job, 1, 7);
    }
    expect(await begin(job, 2)).toEqual({ outcome: 'over' });
    const error = { code: 'worker_lost', message: expect.stringMatching(/6 times .* step 7 of 9 in epoch 1/) };
    expect(await service.jobs.get(job.id)).toMatchObject({ status: 'failed', error, progress: { epoch: 1, step: 7 } });
    expect((await service.history(job.id)).at(-1)).toMatchObject({ type: 'end', status: 'failed', error });
  });

  test('ends if it never reaches its first step', async () => {
    const job = await service.submit('succeeds');
    for (let attempt = 1; attempt <= 4; attempt++) expect(await begin(job, 0)).toMatchObject({ outcome: 'begun' });
    expect(await begin(job, 0)).toEqual({ outcome: 'over' });
    expect((await service.jobs.get(job.id)).error?.message).toMatch(/4 times before its first step/);
  });

  test('continues if it gets further each time', async () => {
    const job = await service.submit('succeeds');
    for (let attempt = 1; attempt <= 20; attempt++) {
      expect(await begin(job, 0)).toMatchObject({ outcome: 'begun', attempt });
      await reach(job, attempt, 1);
    }
  });
});
