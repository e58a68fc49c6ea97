/** Deadlines of a process whose event loop may be blocked. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { startDeadline } from '../../src/concurrency/deadline.js';

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

it('reads an answer that arrived while the event loop was blocked before it expires', async () => {
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const script = `const { parentPort, workerData } = require('node:worker_threads');
    parentPort.once('message', () => {
      parentPort.postMessage('answer');
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    });`;
  const worker = new Worker(script, { eval: true, workerData: answered });
  await once(worker, 'online');
  const first = new Promise((resolve) => {
    worker.once('message', resolve);
    startDeadline(MS, () => resolve('expired'));
  });
  worker.postMessage('question');
  Atomics.wait(answered, 0, 0);
  Atomics.wait(answered, 0, 1, 2 * MS); // blocks beyond the deadline
  expect(await first).toBe('answer');
  await worker.terminate();
});
