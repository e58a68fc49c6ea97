/** A job and a model keep all the scores of their last epoch. */
import { describe, expect, it } from 'vitest';
import { type EpochEvent, scoresOf } from '../../src/contracts/jobs/frame.js';
import { patchOf } from '../../src/queue/record.js';

const scores = { epoch: 2, trainLoss: 0.5, trainAccuracy: 0.8, testLoss: 0.6, testAccuracy: 0.7 };
const validation = { validationLoss: 0.55, validationAccuracy: 0.75 };

describe.each([
  ['without validation images', scores],
  ['with validation images', { ...scores, ...validation }],
])('the scores of an epoch %s', (_, kept) => {
  const event: EpochEvent = { type: 'epoch', ...kept, epochs: 5, seconds: 12, imagesPerSecond: 800 };
  it('are kept whole, in the model and in the record of the job', () => {
    expect(scoresOf(event)).toEqual(kept);
    expect(JSON.parse(String(patchOf(event)['scores']))).toEqual(kept);
  });
});
