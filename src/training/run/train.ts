/** Training loop as an async generator of events: its consumer decides where they go, and stops it by a signal. */
import type { EpochEvent, StepEvent, TrainingEvent } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import { phaseAt, type RunPhase } from '../../contracts/jobs/phases.js';
import type { EndReason } from '../../contracts/jobs/stop-reason.js';
import type { EpochTotals, RunPosition } from '../../contracts/processes/checkpoint-header.js';
import { batches, permutation, stepsPerEpoch, type TrainingBatch } from '../step/batches.js';
import { balancedDraws, classWeightsOf, withWeights } from '../step/class-balance.js';
import type { Program, Score } from '../step/program.js';
import { learningRateAt } from '../step/schedule.js';
import type { Heartbeat } from './heartbeat.js';
import { createLiveChanges, type LiveChanges } from './live-changes.js';
import {
  createScoreMean,
  EMPTY_TOTALS,
  requireFiniteLoss,
  type ScoreMean,
  scoreEpoch,
  type TrainData,
  yieldToEventLoop,
} from './scoring.js';
import { KEPT_BY_CANCEL, stopReasonAt } from './stop-conditions.js';

/** The part of a job that determines its training loop. */
export type TrainSpec = Pick<
  JobSpec,
  | 'batchSize'
  | 'microBatchSize'
  | 'epochs'
  | 'seed'
  | 'stepInterval'
  | 'optimizer'
  | 'schedule'
  | 'earlyStopping'
  | 'maxSeconds'
  | 'phases'
  | 'classWeights'
  | 'sampler'
>;

/** How the loop runs besides the spec. */
export type RunOptions = Readonly<{
  /** Position to go on from; the program must be in the state that it had there. Default: the start of the run. */
  from?: RunPosition | undefined;
  /** Scores of the epochs before. */
  scores?: readonly EpochScores[];
  /** Live values. Default: the spec's. */
  changes?: LiveChanges;
  /**
   * Aborting stops the run at the next step or during scoring. If no epoch has been scored yet, the current one is scored first.
   */
  keep?: AbortSignal | undefined;
  /** Called at every step and at every batch that is scored. */
  heartbeat?: Heartbeat | undefined;
  /** Called after each step and each epoch, after its event. The loop waits for it. */
  onPosition?: ((position: RunPosition) => Promise<void> | void) | undefined;
}>;

const START: RunPosition = { epoch: 1, step: 0, totals: EMPTY_TOTALS, seconds: 0 };

/** State that all epochs of one call of `train` share. */
type Run = Readonly<{
  program: Program;
  data: TrainData;
  spec: TrainSpec;
  signal: AbortSignal;
  stepsPerEpoch: number;
  /** Scores of all scored epochs, in order. */
  scores: EpochScores[];
  changes: LiveChanges;
  /** Weight of each class in the loss. */
  classWeights?: Float32Array;
}> &
  Pick<RunOptions, 'keep' | 'heartbeat' | 'onPosition'> & { isFirstStep: boolean };

/** The epoch that is being trained. */
type OpenEpoch = {
  readonly epoch: number;
  /** Seconds of the epochs before. */
  readonly secondsBefore: number;
  /** When the epoch would have started without an interruption, by `performance.now()`. */
  readonly startedAt: number;
  readonly mean: ScoreMean;
  readonly throughput: Throughput;
  readonly phase: RunPhase;
  /** Steps that are done. */
  step: number;
  totals: EpochTotals;
};

/**
 * Trains until a stop condition holds, and returns it. Yields the live changes that take effect before a step, a step event every
 * `stepInterval` steps, and an epoch event after each epoch and at a time limit within one.
 *
 * The loop yields to the event loop after each step; an aborted signal ends the generator there by throwing its reason.
 * A run that goes on from a position computes the same steps as an uninterrupted one, on a CPU to the same bits.
 */
export async function* train(
  program: Program,
  data: TrainData,
  spec: TrainSpec,
  signal: AbortSignal,
  { from = START, scores = [], changes = createLiveChanges(spec), keep, onPosition, heartbeat }: RunOptions = {},
): AsyncGenerator<TrainingEvent, EndReason, undefined> {
  const run: Run = {
    ...{ program, data, spec, signal, changes, keep, onPosition, heartbeat },
    stepsPerEpoch: stepsPerEpoch(data.train.samples, spec.batchSize),
    scores: [...scores],
    ...(spec.classWeights && {
      classWeights: classWeightsOf(spec.classWeights, data.train.labels, program.classes),
    }),
    isFirstStep: true,
  };
  for (let position = from; ; ) {
    const open = openEpoch(position, enterPhase(run, position));
    const reason = yield* trainEpoch(run, open);
    if (reason !== undefined) return reason;
    position = { ...START, epoch: open.epoch + 1, seconds: open.secondsBefore + secondsOf(open) };
    enterPhase(run, position); // before the checkpoint, which has the state that the next step begins with
    await onPosition?.(position);
  }
}

/** Brings the program into the phase of a position, and returns the phase. */
function enterPhase(run: Run, { epoch }: RunPosition): RunPhase {
  const { program, spec, changes, heartbeat } = run;
  const phase = phaseAt(spec, epoch, changes.current().epochs);
  if (spec.phases !== undefined) heartbeat?.('compiling'); // loading another graph takes seconds
  if (program.enter(phase.index)) run.isFirstStep = true;
  return phase;
}

/** Trains the remaining steps of an epoch and scores it. Returns why the run stops, or undefined after the last step. */
async function* trainEpoch(run: Run, open: OpenEpoch): AsyncGenerator<TrainingEvent, EndReason | undefined, undefined> {
  const { data, spec, scores, changes } = run;
  const { epoch, secondsBefore } = open;
  const order =
    spec.sampler === 'balanced'
      ? balancedDraws(data.train.labels, spec.seed, epoch)
      : permutation(data.train.samples, spec.seed, epoch);
  const remaining = batches(data.train, spec.batchSize, order, open.step);
  while (open.step < run.stepsPerEpoch) {
    await yieldToEventLoop(run.signal);
    yield* changes.applyDue(stepsDone(run, open), open.step === 0 ? epoch - 1 : epoch, changeable(run, open));
    const reason = stopReason(run, open);
    if (reason !== undefined) return yield* stop(run, open, reason);
    // The time limit stopped the run in this epoch before, and the limit was raised: the epoch is scored again at its end.
    if (scores.at(-1)?.epoch === epoch) scores.pop();
    const event = trainStep(run, open, nextBatch(run, remaining));
    if (event !== undefined) yield event;
    const { step } = open;
    const totals = { ...open.mean.sums(), seconds: secondsOf(open) };
    open.totals = totals;
    await run.onPosition?.({ epoch, step, totals, seconds: secondsBefore });
  }
  const event = await scoreOpenEpoch(run, open);
  if (event === undefined) return KEPT_BY_CANCEL;
  yield event;
  return undefined;
}

/** Returns the next batch, with the weights of its images if classes have weights. */
function nextBatch({ classWeights }: Run, remaining: Generator<TrainingBatch>): TrainingBatch {
  const batch = remaining.next().value as TrainingBatch;
  return classWeights === undefined ? batch : withWeights(batch, classWeights);
}

/** Runs one step. Returns its event if one is due. */
function trainStep(run: Run, open: OpenEpoch, batch: TrainingBatch): StepEvent | undefined {
  const { program, spec, heartbeat, stepsPerEpoch: steps } = run;
  const { epoch } = open;
  const step = ++open.step;
  const runStep = stepsDone(run, open);
  const { before, epochs, schedule } = phaseAt(spec, epoch, run.changes.current().epochs);
  const peak = run.changes.learningRateIn(changeable(run, open));
  const updates = runStep - before * steps;
  const learningRate = learningRateAt(schedule, peak, { step: updates, steps, epochs });
  heartbeat?.(run.isFirstStep ? 'compiling' : 'training');
  run.isFirstStep = false;
  const startedAt = performance.now();
  const score = program.train(batch, runStep, learningRate, updates);
  heartbeat?.('training', performance.now() - startedAt);
  requireFiniteLoss(score.loss, `epoch ${epoch}, step ${step}`);
  const images = batch.labels.length;
  open.mean.add(score, images);
  open.throughput.add(images);
  if (step % spec.stepInterval !== 0 && step !== steps) return undefined;
  return stepEvent(
    { ...phaseNumber(run, open), epoch, step, steps },
    score,
    images,
    learningRate,
    open.throughput.lap(),
  );
}

/** Returns the phase as live changes need it. */
const changeable = ({ stepsPerEpoch }: Run, { phase: { before, learningRate } }: OpenEpoch) => ({
  firstStep: before * stepsPerEpoch,
  learningRate,
});

/** Returns the number of the phase, from 1, if the run has phases. */
const phaseNumber = ({ spec }: Run, { phase }: OpenEpoch): Readonly<{ phase?: number }> =>
  spec.phases === undefined ? {} : { phase: phase.index + 1 };

function stopReason({ spec, scores, changes, keep }: Run, open: OpenEpoch): EndReason | undefined {
  if (keep?.aborted) return KEPT_BY_CANCEL;
  const state = { epoch: open.epoch, step: open.step, seconds: open.secondsBefore + secondsOf(open), scores };
  return stopReasonAt(state, changes.current(), spec.earlyStopping);
}

/**
 * Ends the run within or before an epoch. Scores an epoch that has begun, unless it has a score already or a cancel can keep the
 * weights of an epoch before.
 */
async function* stop(run: Run, open: OpenEpoch, reason: EndReason): AsyncGenerator<EpochEvent, EndReason, undefined> {
  const { scores } = run;
  const hasScore = scores.at(-1)?.epoch === open.epoch;
  if (open.step === 0 || hasScore || (reason === KEPT_BY_CANCEL && scores.length > 0)) return reason;
  const event = await scoreOpenEpoch(run, open);
  if (event === undefined) return KEPT_BY_CANCEL;
  yield event;
  return reason;
}

/** Scores the epoch by the current weights. Returns undefined if `keep` ends the scoring, which needs an epoch with scores. */
async function scoreOpenEpoch(run: Run, open: OpenEpoch): Promise<EpochEvent | undefined> {
  const { program, data, spec, scores, heartbeat } = run;
  const { epoch, step, mean, totals } = open;
  const isCut = step < run.stepsPerEpoch;
  const signal = run.keep !== undefined && scores.length > 0 ? AbortSignal.any([run.signal, run.keep]) : run.signal;
  const scoring = { microBatchSize: spec.microBatchSize, signal, heartbeat };
  const score = scoreEpoch(program, data, { epoch, ...(isCut && { step }) }, mean.result(), scoring);
  const result = await score.catch((error: unknown) => {
    if (run.signal.aborted || !signal.aborted || error !== signal.reason) throw error;
  });
  if (result === undefined) return undefined;
  scores.push(result);
  return {
    type: 'epoch',
    ...phaseNumber(run, open),
    ...result,
    epochs: run.changes.current().epochs,
    seconds: round(secondsOf(open), 3),
    imagesPerSecond: round(mean.sums().images / totals.seconds, 1),
  };
}

function openEpoch({ epoch, step, totals, seconds }: RunPosition, phase: RunPhase): OpenEpoch {
  return {
    phase,
    epoch,
    secondsBefore: seconds,
    startedAt: performance.now() - 1000 * totals.seconds,
    mean: createScoreMean(totals),
    throughput: createThroughput(),
    step,
    totals,
  };
}

const secondsOf = ({ startedAt }: OpenEpoch): number => (performance.now() - startedAt) / 1000;

/** Returns the steps of the whole run that are done. */
const stepsDone = ({ stepsPerEpoch: steps }: Run, { epoch, step }: OpenEpoch): number => (epoch - 1) * steps + step;

type Throughput = ReturnType<typeof createThroughput>;

/** Measures images per second. */
function createThroughput() {
  let images = 0;
  let since = performance.now();
  return {
    add(count: number): void {
      images += count;
    },
    /** Returns the rate since the last call. */
    lap(): number {
      const now = performance.now();
      const rate = images / ((now - since) / 1000);
      images = 0;
      since = now;
      return rate;
    },
  };
}

function stepEvent(
  position: Pick<StepEvent, 'phase' | 'epoch' | 'step' | 'steps'>,
  { loss, correct }: Score,
  images: number,
  learningRate: number,
  rate: number,
): StepEvent {
  return {
    type: 'step',
    ...position,
    loss,
    accuracy: correct / images,
    learningRate,
    imagesPerSecond: round(rate, 1),
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
