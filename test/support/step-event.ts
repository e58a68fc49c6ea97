/** Events of a training that nobody trains. */
import type { StepEvent } from '../../src/contracts/jobs/frame.js';

/** Returns the event of a step in the first epoch. */
export const stepEvent = (step: number): StepEvent => ({
  type: 'step',
  epoch: 1,
  step,
  steps: 99_999,
  loss: 1,
  accuracy: 0,
  learningRate: 0.1,
  imagesPerSecond: 1,
});
