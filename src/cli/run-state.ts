/** State of a run, collected from the frames of its job. */
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
  /** Position and time of the first step of this attempt: the time of a step follows from it. */
  origin: { steps: number; at: number } | undefined;
  latest: { steps: number; at: number } | undefined;
  end: FrameOf<'end'> | undefined;
};

/** Most losses that are kept: older neighbours are merged. */
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

function applyStep(state: RunState, { epoch, step, steps, loss, imagesPerSecond, at }: FrameOf<'step'>): void {
  Object.assign(state, { epoch, step, steps, loss, imagesPerSecond });
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

/** Returns the seconds that are left, from the time of the steps so far. Undefined if too few steps are known. */
export function secondsLeft(state: RunState): number | undefined {
  const { origin, latest, steps, epoch, epochs, step } = state;
  const lastEpoch = state.scores.at(-1);
  if (steps === 0) return undefined;
  const stepsLeft = Math.max(0, epochs * steps - ((epoch - 1) * steps + step));
  if (lastEpoch !== undefined && lastEpoch.step === undefined) return (stepsLeft * lastEpoch.seconds) / steps;
  if (origin === undefined || latest === undefined || latest.steps <= origin.steps) return undefined;
  return (stepsLeft * (latest.at - origin.at)) / 1000 / (latest.steps - origin.steps);
}

/** Returns the share of the current epoch that is done. */
export const epochShare = ({ step, steps }: RunState): number => (steps === 0 ? 0 : step / steps);

/** Returns the best epoch, which the service marks. Undefined without validation images. */
export const bestEpoch = ({ scores }: RunState): EpochFrame | undefined => scores.findLast(({ best }) => best === true);
