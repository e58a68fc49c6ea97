/** A worker that is killed or frozen loses its job to another worker: real processes with short locks. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TestRedis } from '../support/redis.js';
import {
  isRunning,
  isStep,
  progressOf,
  type Service,
  summarizeFrames,
  wholeProgress,
} from '../support/running-service.js';
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

const startWorker = (flags: readonly string[] = []) => workers.startFixture(server, flags);

describe('a worker that is killed', () => {
  test('loses its job to another worker, which starts the next attempt', async () => {
    const first = startWorker();
    const { id } = await service.submit('walks', { epochs: 30 });
    await service.frame(id, isStep);
    first.kill('SIGKILL');
    await once(first, 'exit');
    startWorker();
    const frames = await service.history(id);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    const short = summarizeFrames(frames).filter((name) => name !== 'step' && name !== 'epoch');
    expect(short).toEqual(['queued 0', 'running 1', 'queued 1 worker_stopped', 'running 2', 'end succeeded']);
    expect(progressOf(frames)).toEqual(wholeProgress(30));
  });

  test('leaves a cancelled job to the next worker, which ends it', async () => {
    const first = startWorker();
    const { id } = await service.submit('ignores');
    await service.frame(id, isStep);
    first.kill('SIGKILL');
    await once(first, 'exit');
    await service.jobs.cancel(id);
    startWorker();
    expect(summarizeFrames(await service.history(id))).toEqual(['queued 0', 'running 1', 'step', 'end cancelled']);
  });
});

describe('a worker whose clock jumps', () => {
  test('does not lose its jobs', async () => {
    const flags = ['--import', new URL('../fixtures/jumping-clock.js', import.meta.url).href];
    for (let i = 0; i < 2; i++) startWorker(flags);
    // Five seconds, which is longer than the lock in either direction of the clock.
    const { id } = await service.submit('walks', { epochs: 60 });
    const frames = await service.history(id);
    const short = summarizeFrames(frames).filter((name) => name !== 'step' && name !== 'epoch');
    expect(short).toEqual(['queued 0', 'running 1', 'end succeeded']);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    expect(progressOf(frames)).toEqual(wholeProgress(60));
    const jumps = frames.map(({ at }, i) => Date.parse(at) - Date.parse(frames[i - 1]?.at ?? at));
    expect(Math.max(...jumps.map(Math.abs))).toBeGreaterThan(3_600_000);
  });
});

describe('a worker that is frozen for longer than its lock', () => {
  test('cannot overwrite the work of the worker that took its job', async () => {
    const first = startWorker();
    const { id } = await service.submit('walks', { epochs: 40 });
    await service.frame(id, isStep);
    first.kill('SIGSTOP');
    startWorker();
    const { seq } = await service.frame(id, (frame) => isRunning(frame) && 'attempt' in frame && frame.attempt === 2);
    first.kill('SIGCONT');
    const after = summarizeFrames(await service.history(id, seq)).filter((name) => name !== 'step' && name !== 'epoch');
    expect(after).toEqual(['end succeeded']);
    expect(progressOf(await service.history(id))).toEqual(wholeProgress(40));
  });
});
