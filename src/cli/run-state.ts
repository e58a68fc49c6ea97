/** State of a run, collected from the frames of its job. */
import { leftText } from '../wording/time-text.js';
import type { FrameOf, Job, StreamFrame } from './service-types.js';

type EpochFrame = FrameOf<'epoch'>;

export type RunState = {
  readonly job: Job;
  status: Job['status'];
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  loss: number | null | undefined;
  imagesPerSecond: number | null | undefined;
  /** Loss of each step frame, for the curve. */
  losses: number[];
  scores: EpochFrame[];
  /** Number of the current phase, if the run has phases. */
  phase: number | undefined;
  /** Position and time of the first step of this attempt, or of the phase: the time of a step follows from it. */
  origin: { steps: number; at: number } | undefined;
  latest: { steps: number; at: number } | undefined;
  end: FrameOf<'end'> | undefined;
};

/** Maximum number of losses that are kept: older neighbours are merged. */
const MAX_LOSSES = 4_000;

export const createRunState = (job: Job): RunState => ({
  job,
  status: job.status,
  epoch: job.progress?.epoch ?? 1,
  epochs: job.spec.epochs,
  step: job.progress?.step ?? 0,
  steps: job.progress?.steps ?? 0,
  loss: undefined,
  imagesPerSecond: job.progress?.imagesPerSecond,
  losses: [],
  scores: [],
  phase: undefined,
  origin: undefined,
  latest: undefined,
  end: undefined,
});

/** Brings the state up to date. */
export function applyFrame(state: RunState, frame: StreamFrame): void {
  if (frame.type === 'step') applyStep(state, frame);
  else if (frame.type === 'epoch') applyEpoch(state, frame);
  else if (frame.type === 'change') state.epochs = frame.to.epochs ?? state.epochs;
  else if (frame.type === 'status') {
    state.status = frame.status;
    state.origin = undefined;
  } else if (frame.type === 'end') {
    state.status = frame.status;
    state.end = frame;
  } else if (frame.type === 'resume' || frame.type === 'start') {
    state.epoch = frame.epoch;
    state.step = frame.step;
  }
}

function applyStep(state: RunState, frame: FrameOf<'step'>): void {
  const { epoch, step, steps, loss, imagesPerSecond, at, phase } = frame;
  if (phase !== state.phase) state.origin = undefined;
  Object.assign(state, { epoch, step, steps, loss, imagesPerSecond, phase });
  state.losses.push(loss ?? Number.NaN);
  if (state.losses.length > MAX_LOSSES) state.losses = state.losses.filter((_, i) => i % 2 === 0);
  state.latest = { steps: (epoch - 1) * steps + step, at: Date.parse(at) };
  state.origin ??= state.latest;
}

function applyEpoch(state: RunState, frame: EpochFrame): void {
  state.epochs = frame.epochs;
  state.scores = [...state.scores.filter(({ epoch }) => epoch !== frame.epoch), frame];
  if (state.epoch === frame.epoch) state.step = state.steps;
}

/**
 * Returns the seconds that are left, from the time of the steps so far; undefined if too few steps are known. Phases differ in speed: before
 * the last one, these are the seconds to the end of the phase.
 */
function secondsLeft(state: RunState): number | undefined {
  const { origin, latest, steps, epoch, step, phase } = state;
  const lastEpoch = state.scores.findLast((each) => each.phase === phase);
  if (steps === 0) return undefined;
  const stepsLeft = Math.max(0, lastEpochOf(state) * steps - ((epoch - 1) * steps + step));
  if (lastEpoch !== undefined && lastEpoch.step === undefined) return (stepsLeft * lastEpoch.seconds) / steps;
  if (origin === undefined || latest === undefined || latest.steps <= origin.steps) return undefined;
  return (stepsLeft * (latest.at - origin.at)) / 1000 / (latest.steps - origin.steps);
}

/** Returns the last epoch of the current phase, or of a run without phases. */
function lastEpochOf({ epochs, phase, job }: RunState): number {
  const { phases = [] } = job.spec;
  if (phase === undefined || phase >= phases.length) return epochs;
  return phases.slice(0, phase).reduce((sum, each) => sum + each.epochs, 0);
}

/** Returns the time left as text, with the phase whose end is meant. */
export function timeLeft(state: RunState): string | undefined {
  const seconds = secondsLeft(state);
  if (seconds === undefined) return undefined;
  const isLast = state.phase === undefined || state.phase === state.job.spec.phases?.length;
  return `${leftText(seconds)}${isLast ? '' : ` in phase ${state.phase}`}`;
}

/** Returns the share of the current epoch that is done. */
export const epochShare = ({ step, steps }: RunState): number => (steps === 0 ? 0 : step / steps);

/** Returns the best epoch, which the service marks. Undefined without validation images. */
export const bestEpoch = ({ scores }: RunState): EpochFrame | undefined => scores.findLast(({ best }) => best === true);
