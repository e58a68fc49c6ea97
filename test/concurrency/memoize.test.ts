/** A function that remembers: how often it computes. */
import { expect, test } from 'vitest';
import { memoize } from '../../src/concurrency/memoize.js';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { estimateTrainingMemory, rememberTrainingMemory } from '../../src/training/step/memory-estimate.js';

test('computes once for each key, and again what was not used for long', () => {
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

test('what throws is tried again', () => {
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

test('the memory of a large network is estimated in no time once it was, whatever its seed, rate and batch', () => {
  const image = { height: 28, width: 28, channels: 1 };
  const memory = rememberTrainingMemory();
  const specOf = (batchSize: number, seed: number) =>
    resolveJob({
      network: 'resnet',
      networkOptions: { variant: 'resnet152' },
      batchSize,
      seed,
      optimizer: { learningRate: 0.1 / (seed + 1) },
    });
  memory.estimate(specOf(8, 0), image, 10);
  const started = performance.now();
  const again = memory.estimate(specOf(64, 1), image, 10);
  expect(performance.now() - started).toBeLessThan(20);
  expect(again).toEqual(estimateTrainingMemory(specOf(64, 1), image, 10));
});
