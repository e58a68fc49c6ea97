/** Learning rate of a whole run, sampled for a plot. */
import { type JobSpec, stepsOf } from '../../contracts/jobs/job.js';
import type { PlannedChange } from '../../contracts/jobs/live-change.js';
import { phaseAt, type RunPhase, runPhases } from '../../contracts/jobs/phases.js';
import type { LearningRatePoint } from '../../contracts/submission/job-plan.js';
import { learningRateAt } from './schedule.js';

type CurveSpec = Pick<JobSpec, 'schedule' | 'optimizer' | 'epochs' | 'phases' | 'batchSize' | 'dataset'>;

/** Maximum number of points. */
const MAX_POINTS = 200;
/** Maximum number of points spent on steps at which the curve bends. The rest are at equal distances. */
const MAX_BENDS = 100;

/**
 * Returns the learning rate at up to 200 steps: the first, the last, both sides of each jump, and steps at equal distances between. A run of
 * at most 200 steps has every step. `step` counts from 1. Planned changes of the learning rate and the number of epochs are applied.
 */
export function learningRateCurve(spec: CurveSpec, changes: readonly PlannedChange[] = []): LearningRatePoint[] {
  const stepsPerEpoch = stepsOf({ ...spec, epochs: 1 });
  const steps = stepsPerEpoch * changes.reduce((epochs, { to }) => to.epochs ?? epochs, spec.epochs);
  const pointAt = (step: number): LearningRatePoint => {
    const { epochs, rate } = changedBefore(changes, step);
    const phase = phaseAt(spec, Math.ceil(step / stepsPerEpoch), epochs);
    const firstStep = phase.before * stepsPerEpoch;
    const peak = rate !== undefined && rate.step >= firstStep ? rate.value : phase.learningRate;
    const position = { step: step - firstStep, steps: stepsPerEpoch, epochs: phase.epochs };
    return { step, value: learningRateAt(phase.schedule, peak, position) };
  };
  const bends = runPhases(spec).flatMap((phase) => bendsOf(phase, stepsPerEpoch));
  return sampledSteps(steps, [...changes.map(({ step }) => step), ...bends]).map(pointAt);
}

/** Returns the values that changes have set before a step: a change applies from the step after its own. */
function changedBefore(changes: readonly PlannedChange[], step: number) {
  const due = changes.filter((change) => change.step < step);
  const last = due.findLast(({ to }) => to.learningRate !== undefined);
  const value = last?.to.learningRate;
  return {
    epochs: due.findLast(({ to }) => to.epochs !== undefined)?.to.epochs,
    rate: last && value !== undefined ? { step: last.step, value } : undefined,
  };
}

/** Returns steps of the run after which the curve of a phase jumps or bends. */
function bendsOf({ schedule, epochs, before }: RunPhase, stepsPerEpoch: number): number[] {
  const at = (epoch: number): number => Math.round((before + epoch) * stepsPerEpoch);
  if (schedule.name === 'one-cycle') return [at(0), at(schedule.peakAt * epochs)];
  const bends = [at(0), at(schedule.warmupEpochs)];
  if (schedule.name === 'step') {
    const jumps = Array.from({ length: Math.floor(epochs / schedule.every) }, (_, i) => (i + 1) * schedule.every);
    return [...bends, ...jumps.map(at)];
  }
  return schedule.name === 'multi-step' ? [...bends, ...schedule.epochs.map(at)] : bends;
}

/** Returns up to 200 steps of `1 … steps` in ascending order, among them each bend and the step after it. */
function sampledSteps(steps: number, bends: readonly number[]): number[] {
  if (steps <= MAX_POINTS) return Array.from({ length: steps }, (_, i) => i + 1);
  const sides = bends.flatMap((step) => [step, step + 1]).filter((step) => step >= 1 && step <= steps);
  const kept = [...new Set(sides)].slice(0, MAX_BENDS);
  const even = MAX_POINTS - kept.length;
  const spread = Array.from({ length: even }, (_, i) => 1 + Math.round((i * (steps - 1)) / (even - 1)));
  return [...new Set([...spread, ...kept])].sort((a, b) => a - b);
}
