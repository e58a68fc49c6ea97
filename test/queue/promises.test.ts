/** Guarantees that show only if jobs compete, or if a worker stops repeatedly. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextReady, type TestRedis } from '../support/redis.js';
import { isRunning, isStep, type Service, specOf } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

let server: TestRedis;
let service: Service;
let workers: WorkerProcesses;

openServiceForEachTest((opened, redis) => {
  [service, server] = [opened, redis];
});
beforeEach(async () => {
  workers = await openWorkerProcesses();
});
afterEach(() => workers.close());

/** Starts a worker process with a lock of one second. */
const startWorker = () => workers.startFixture(server);

/** Returns the time in the stream at which an attempt began. */
async function begunAt(id: string, attempt: number): Promise<string> {
  const isIt = (frame: Parameters<typeof isRunning>[0]) =>
    isRunning(frame) && 'attempt' in frame && frame.attempt === attempt;
  return (await service.frame(id, isIt)).at;
}

describe('a paused job', () => {
  test('stays paused when Redis and all workers restart, until it is resumed', async () => {
    const before = await service.work();
    const { id } = await service.submit('walks', { epochs: 1_000 });
    await service.frame(id, isStep);
    await service.pauses.pause(id);
    await expect.poll(async () => (await service.jobs.get(id)).status, { timeout: 30_000 }).toBe('paused');
    await before.close();
    const back = nextReady(service.redis);
    await server.kill();
    await server.start();
    await back;
    await service.work();
    await service.jobs.restoreEntries();
    // A new job is trained, and the paused one is skipped.
    const other = await service.submit('succeeds');
    expect((await service.history(other.id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused', attempt: 1 });
    await service.pauses.resume(id);
    await begunAt(id, 2);
    await service.jobs.cancel(id);
  });
});

describe('a job whose trainer died', () => {
  test('continues on the same worker before waiting jobs with a higher priority', async () => {
    await service.work({ restartDelayMs: 500 });
    const { id } = await service.submit('stumbles');
    await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'queued' && frame.attempt === 1);
    const urgent = await service.jobs.submit(specOf('succeeds'), { priority: 100 });
    expect((await begunAt(id, 2)) < (await begunAt(urgent.id, 1))).toBe(true);
  });
});

describe('a job whose worker was lost', () => {
  test('continues on the next free worker before all waiting jobs, whatever their priorities', async () => {
    const first = startWorker();
    const { id } = await service.submit('waits');
    await service.frame(id, isStep);
    const running = await service.submit('waits');
    startWorker();
    await service.frame(running.id, isStep);
    const urgent = () => service.jobs.submit(specOf('succeeds'), { priority: 100 });
    const waiting = [await urgent(), await urgent()];
    const gone = once(first, 'exit');
    first.kill('SIGKILL');
    await gone;
    // Its lock expires while the other worker is busy. Then the other worker becomes free.
    const taken = () => service.redis.lrange('trainyard:turns:active', 0, -1);
    await expect.poll(taken, { timeout: 30_000 }).toEqual([running.id]);
    await service.jobs.cancel(running.id);
    const again = await begunAt(id, 2);
    await service.jobs.cancel(id);
    for (const job of waiting) expect(again < (await begunAt(job.id, 1))).toBe(true);
  });
});

describe('a worker that stops', () => {
  test('never makes a job fail as worker_lost, however often it stops', async () => {
    const { id } = await service.submit('waits');
    for (let attempt = 1; attempt <= 6; attempt++) {
      const worker = await service.work({ maxRestarts: 0 });
      await begunAt(id, attempt);
      await worker.close();
      expect(await service.jobs.get(id)).toMatchObject({ status: 'queued', attempt });
    }
    await service.jobs.cancel(id);
  });
});
