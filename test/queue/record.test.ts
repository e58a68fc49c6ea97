/** Events that a job's record marks as published. */
import { expect, test } from 'vitest';
import { type EpochEvent, scoresOf } from '../../src/contracts/jobs/frame.js';
import { isPublished } from '../../src/queue/record.js';

const event = (epoch: number, step?: number): EpochEvent => ({
  ...{ type: 'epoch', epoch, ...(step !== undefined && { step }), epochs: 5, seconds: 12, imagesPerSecond: 800 },
  ...{ trainLoss: 0.5, trainAccuracy: 0.8, testLoss: 0.6, testAccuracy: 0.7 },
});

test('tells an epoch that the time limit cut from the whole epoch, and from one that was cut later', () => {
  const isTold = (next: EpochEvent, last?: EpochEvent): boolean =>
    isPublished(next, { changes: [], ...(last && { scores: scoresOf(last) }) });
  expect(isTold(event(1))).toBe(false);
  expect(isTold(event(1), event(1))).toBe(true);
  expect(isTold(event(1), event(2, 3))).toBe(true);
  expect(isTold(event(2, 3), event(1))).toBe(false);
  expect(isTold(event(2, 3), event(2, 3))).toBe(true);
  expect(isTold(event(2, 4), event(2, 3))).toBe(false);
  expect(isTold(event(2), event(2, 3))).toBe(false);
  expect(isTold(event(2, 3), event(2))).toBe(true);
});
