/** Trimmed run history: every epoch and change, the latest steps, and a gap for the steps before. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunHistoryEvent } from '../../../src/contracts/jobs/frame.js';
import { withLastSteps } from '../../../src/training/run/trim-run-history.js';

const STEPS = 3;
const step = (number: number): RunHistoryEvent => ({
  type: 'step',
  epoch: Math.ceil(number / STEPS),
  step: ((number - 1) % STEPS) + 1,
  steps: STEPS,
  loss: 1,
  accuracy: 0,
  learningRate: 0.1,
  imagesPerSecond: 1,
});
const epochEvent = (epoch: number): RunHistoryEvent => ({
  type: 'epoch',
  epoch,
  epochs: 9,
  trainLoss: 1,
  trainAccuracy: 0,
  testLoss: 1,
  testAccuracy: 0,
  seconds: 1,
  imagesPerSecond: 1,
});
const change: RunHistoryEvent = { type: 'change', number: 1, step: 1, from: { epochs: 8 }, to: { epochs: 9 } };
const historyOf = (steps: number): RunHistoryEvent[] =>
  Array.from({ length: steps }, (_, i) => i + 1).flatMap((number) =>
    number % STEPS === 0 ? [step(number), epochEvent(number / STEPS)] : [step(number)],
  );

describe('the events of a run with its last steps only', () => {
  test('have one gap in the place of the steps before, behind the epochs and changes there', () => {
    const events = [step(1), change, step(2), step(3), epochEvent(1), step(4), step(5)];
    const kept = withLastSteps(events, 1);
    expect(kept).toEqual([change, epochEvent(1), { type: 'gap', epoch: 2, step: 1, steps: STEPS }, step(5)]);
    expect(withLastSteps(events, 5)).toEqual(events);
  });

  test('are the same, if they are cut down in between', () => {
    const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), cuts, (steps, most, at) => {
        let kept: RunHistoryEvent[] = [];
        for (const [index, event] of historyOf(steps).entries()) {
          kept.push(event);
          if (at.includes(index)) kept = withLastSteps(kept, most);
        }
        expect(withLastSteps(kept, most)).toEqual(withLastSteps(historyOf(steps), most));
      }),
    );
  });
});
