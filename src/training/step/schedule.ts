/** Learning rate schedules as pure functions of the step, with the semantics of torch.optim.lr_scheduler. */
import type { ScheduleSpec } from '../../contracts/training/training-options.js';

/** `step` counts from 1 over the whole run; `steps` is the number of steps per epoch, `epochs` that of the run's epochs. */
export type SchedulePosition = Readonly<{ step: number; steps: number; epochs: number }>;

type OneCycle = Extract<ScheduleSpec, { name: 'one-cycle' }>;
type WarmupSchedule = Exclude<ScheduleSpec, OneCycle>;

/**
 * Returns the learning rate of a step. `peak` is the optimizer's learning rate. `step` and `multi-step` change it between epochs,
 * the others at every step. A warm-up multiplies it by step / (steps of the warm-up) until that is 1.
 */
export function learningRateAt(schedule: ScheduleSpec, peak: number, position: SchedulePosition): number {
  if (schedule.name === 'one-cycle') return peak * oneCycleFactor(schedule, position);
  const warmupSteps = Math.round(schedule.warmupEpochs * position.steps);
  const warmupFactor = position.step < warmupSteps ? position.step / warmupSteps : 1;
  return peak * warmupFactor * warmupScheduleFactor(schedule, position, warmupSteps);
}

/** Returns the factor of a schedule that may begin with a warm-up, without that of the warm-up. */
function warmupScheduleFactor(
  schedule: WarmupSchedule,
  { step, steps, epochs }: SchedulePosition,
  warmupSteps: number,
): number {
  const epochsDone = Math.floor((step - 1) / steps);
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** Math.floor(epochsDone / schedule.every);
    case 'multi-step':
      return schedule.factor ** schedule.epochs.filter((epoch) => epoch <= epochsDone).length;
    case 'cosine': {
      const done = Math.max(0, step - 1 - warmupSteps);
      return cosine(1, schedule.finalFactor, done / Math.max(1, epochs * steps - warmupSteps));
    }
  }
}

/** Rises to the peak, then falls below the start, each by half a cosine (Smith 2018, arXiv:1803.09820; OneCycleLR's default). */
function oneCycleFactor(
  { peakAt, startFactor, finalFactor }: OneCycle,
  { step, steps, epochs }: SchedulePosition,
): number {
  const done = step - 1;
  const last = epochs * steps - 1;
  const top = peakAt * (last + 1) - 1;
  if (done < top) return cosine(startFactor, 1, done / top);
  return cosine(1, finalFactor, (done - top) / (last - top));
}

/** Half a cosine from `start` to `end`. `share` is the part that is done, 0–1. */
const cosine = (start: number, end: number, share: number): number =>
  end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share));
