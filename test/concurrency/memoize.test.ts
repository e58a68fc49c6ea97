/** Memoization: how often the function runs. */
import { expect, test } from 'vitest';
import { memoize } from '../../src/concurrency/memoize.js';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { estimateTrainingMemory, memoizeTrainingPlans } from '../../src/training/step/training-memory.js';
import { measureCpuMs } from '../support/cpu-time.js';

test('computes once per key and evicts the result used longest ago', () => {
  const computed: number[] = [];
  const square = memoize(
    (x: number) => {
      computed.push(x);
      return x * x;
    },
    2,
    String,
  );
  expect([1, 2, 1, 3, 1, 2].map(square)).toEqual([1, 4, 1, 9, 1, 4]);
  expect(computed).toEqual([1, 2, 3, 2]); // 2 was used longest ago when 3 came
});

test('calls the function again after it has thrown', () => {
  let times = 0;
  const fails = memoize(
    () => {
      times += 1;
      throw new Error('no');
    },
    2,
    () => '',
  );
  for (const _ of [1, 2]) expect(fails).toThrow('no');
  expect(times).toBe(2);
});

test('plans the training of a large network once for every seed, learning rate and batch size', async () => {
  const image = { height: 28, width: 28, channels: 1 };
  const plan = memoizeTrainingPlans();
  const specOf = (batchSize: number, seed: number) =>
    resolveJob({
      network: 'resnet',
      networkOptions: { variant: 'resnet152' },
      batchSize,
      seed,
      optimizer: { learningRate: 0.1 / (seed + 1) },
    });
  const first = await measureCpuMs(() => plan(specOf(8, 0), image, 10));
  const again = await measureCpuMs(() => plan(specOf(64, 1), image, 10));
  expect(again).toBeLessThan(first / 5);
  expect(plan(specOf(64, 1), image, 10).memory).toEqual(estimateTrainingMemory(specOf(64, 1), image, 10));
});
