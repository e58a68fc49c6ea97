/** Deadlines of a process whose event loop may be blocked. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { startDeadline, waitAtMost } from '../../src/concurrency/deadline.js';

const MS = 20;

it('expires after its time', () => new Promise<void>((resolve) => startDeadline(MS, resolve)));

it('does not expire once it is stopped', async () => {
  let isExpired = false;
  const stop = startDeadline(MS, () => {
    isExpired = true;
  });
  stop();
  await new Promise<void>((resolve) => startDeadline(2 * MS, resolve));
  expect(isExpired).toBe(false);
});

/** Returns a promise of the first answer of a worker, and a function that blocks the event loop until after the answer and `MS`. */
async function openWorker() {
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const script = `const { parentPort, workerData } = require('node:worker_threads');
    parentPort.once('message', () => {
      parentPort.postMessage('answer');
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    });`;
  const worker = new Worker(script, { eval: true, workerData: answered });
  await once(worker, 'online');
  // After immediates the event loop runs timers, and only then reads answers.
  await new Promise((resolve) => setImmediate(resolve));
  return {
    worker,
    answer: once(worker, 'message').then(() => 'answer'),
    block(): void {
      worker.postMessage('question');
      Atomics.wait(answered, 0, 0);
      Atomics.wait(answered, 0, 1, 2 * MS);
    },
  };
}

it('reads an answer that arrived while the event loop was blocked before it expires', async () => {
  const { worker, answer, block } = await openWorker();
  const expired = new Promise((resolve) => startDeadline(MS, () => resolve('expired')));
  const first = Promise.race([answer, expired]);
  block();
  expect(await first).toBe('answer');
  await worker.terminate();
});

describe('a wait for work', () => {
  it('ends with the work, if the event loop was blocked beyond the deadline meanwhile', async () => {
    const { worker, answer, block } = await openWorker();
    let isAnswered = false;
    const work = answer.then(() => {
      isAnswered = true;
    });
    const waited = waitAtMost(work, MS);
    block();
    await waited;
    expect(isAnswered).toBe(true);
    await worker.terminate();
  });

  it('ends at the deadline', () => waitAtMost(new Promise(() => {}), MS));

  it('rejects with the work, but not after the deadline', async () => {
    await expect(waitAtMost(Promise.reject(new Error('broken')), MS)).rejects.toThrow('broken');
    let fail = (_: Error): void => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    await waitAtMost(work, MS);
    fail(new Error('late'));
    await expect(work).rejects.toThrow('late');
  });
});
