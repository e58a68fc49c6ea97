/** A job that takes its worker down again and again: it ends, and a job that gets further each time goes on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import { type Beginning, beginAttempt } from '../../src/queue/attempt-state.js';
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

/** A worker takes the job and is never heard of again; the next one finds it running. */
function begin({ id }: Job, maxRestarts: number): Promise<Beginning> {
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

describe('a job that takes its worker down', () => {
  test('at the same point again and again ends as worker_lost, with its last progress', async () => {
    const job = await service.submit('succeeds');
    // The first attempt, and the one after each loss that is allowed: MAX_RESTARTS and three.
    for (let attempt = 1; attempt <= 6; attempt++) {
      expect(await begin(job, 2)).toMatchObject({ outcome: 'begun', attempt });
      await reach(job, 1, 7);
    }
    expect(await begin(job, 2)).toEqual({ outcome: 'over' });
    const error = { code: 'worker_lost', message: expect.stringMatching(/6 times .* step 7 of 9 in epoch 1/) };
    expect(await service.jobs.get(job.id)).toMatchObject({ status: 'failed', error, progress: { epoch: 1, step: 7 } });
    expect((await service.history(job.id)).at(-1)).toMatchObject({ type: 'end', status: 'failed', error });
  });

  test('before its first step ends too', async () => {
    const job = await service.submit('succeeds');
    for (let attempt = 1; attempt <= 4; attempt++) expect(await begin(job, 0)).toMatchObject({ outcome: 'begun' });
    expect(await begin(job, 0)).toEqual({ outcome: 'over' });
    expect((await service.jobs.get(job.id)).error?.message).toMatch(/4 times before a first step/);
  });

  test('goes on where it gets further each time', async () => {
    const job = await service.submit('succeeds');
    for (let attempt = 1; attempt <= 20; attempt++) {
      expect(await begin(job, 0)).toMatchObject({ outcome: 'begun', attempt });
      await reach(job, attempt, 1);
    }
  });
});
