/** The training loop, as an async generator of events: whoever iterates it decides where they go, and stops it by a signal. */
import { setImmediate } from 'node:timers/promises';
import type { EpochEvent, StepEvent, TrainingEvent } from '../../contracts/jobs/frame.js';
import type { JobSpec } from '../../contracts/jobs/job.js';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { EpochTotals, Position } from '../../contracts/processes/checkpoint-header.js';
import type { Dataset } from '../../datasets/index.js';
import { TrainyardError } from '../../errors/errors.js';
import type { Batch } from '../step/batches.js';
import { batches, permutation, type Samples, stepsPerEpoch } from '../step/batches.js';
import type { Program, Score } from '../step/program.js';
import { learningRateAt } from '../step/schedule.js';
import type { Pulse } from './heartbeat.js';
import { createTuning, type TuningSource } from './live-changes.js';
import { type Ending, endingAt, KEPT } from './stop-conditions.js';

/** The settings of a job that decide how its weights change. */
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
>;

/** What is trained on, what is scored after each epoch, and what is set aside to make choices by. */
export type TrainData = Pick<Dataset, 'train' | 'test'> & Readonly<{ validation?: Samples | undefined }>;

/** Most images per evaluation step; never more than a training step has in memory, which needs more of it. */
export const EVALUATION_BATCH = 256;

/** Where a run goes on, what changes on its way, and who is told how far it has come. */
export type RunOptions = Readonly<{
  /** The program must be in the state it was in there. Default: the start. */
  from?: Position | undefined;
  /** Of the epochs before. */
  scores?: readonly EpochScores[];
  /** The values in force at each step. Default: the spec's. */
  tuning?: TuningSource;
  /**
   * Aborted: the run ends at the next step, or where it scores an epoch. Only where none has been scored yet, the one under way
   * is, first.
   */
  keep?: AbortSignal | undefined;
  /** Told of every step and of every batch that is scored. */
  pulse?: Pulse | undefined;
  /** Called between two steps, after the event of the one before, if it has one. The next step waits for it. */
  reached?: (position: Position) => Promise<void> | void;
}>;

const NOTHING: EpochTotals = { loss: 0, correct: 0, images: 0, seconds: 0 };
const START: Position = { epoch: 1, step: 0, totals: NOTHING, seconds: 0 };

/**
 * Trains until the run ends (its last epoch, early stopping, the clock) and returns why. It yields the changes that take effect
 * before a step, a step event every `stepInterval` steps, and an epoch event after each epoch and where the clock ends one. The
 * event loop gets a turn after each step; an aborted signal ends the generator there by throwing its reason.
 * A run that goes on from a position takes the same steps as one that was never interrupted, to the same bits on a CPU.
 */
export async function* train(
  program: Program,
  data: TrainData,
  spec: TrainSpec,
  signal: AbortSignal,
  { from = START, scores: scored = [], tuning = createTuning(spec), keep, reached, pulse }: RunOptions = {},
): AsyncGenerator<TrainingEvent, Ending, undefined> {
  const steps = stepsPerEpoch(data.train.samples, spec.batchSize);
  const scores = [...scored];
  let isFirst = true;
  for (let at = from; ; ) {
    const { epoch, seconds: before } = at;
    let { step, totals } = at;
    const started = performance.now() - 1000 * totals.seconds;
    const seconds = (): number => (performance.now() - started) / 1000;
    const total = createMean(totals);
    const sinceFrame = createStopwatch();
    /** Undefined where a cancel that keeps the weights has ended it: an epoch before has scores. */
    const score = async (isCut: boolean): Promise<EpochEvent | undefined> => {
      const place = { epoch, ...(isCut && { step }) };
      const ends = keep !== undefined && scores.length > 0 ? AbortSignal.any([signal, keep]) : signal;
      const result = await scoreEpoch(program, data, spec, ends, { place, trained: total.result(), pulse }).catch(
        (error) => {
          if (signal.aborted || !ends.aborted || error !== ends.reason) throw error;
        },
      );
      if (result === undefined) return undefined;
      scores.push(result);
      return {
        type: 'epoch',
        ...result,
        epochs: tuning.now().epochs,
        seconds: round(seconds(), 3),
        imagesPerSecond: round(total.sums().images / totals.seconds, 1),
      };
    };
    const coming = batches(data.train, spec.batchSize, permutation(data.train.samples, spec.seed, epoch), step);
    while (step < steps) {
      await turn(signal);
      yield* tuning.take((epoch - 1) * steps + step, step === 0 ? epoch - 1 : epoch);
      const place = { epoch, step, seconds: before + seconds(), scores };
      const ending = keep?.aborted ? KEPT : endingAt(place, tuning.now(), spec.earlyStopping);
      if (ending !== undefined) {
        const needsScore = step > 0 && scores.at(-1)?.epoch !== epoch && (ending !== KEPT || scores.length === 0);
        if (!needsScore) return ending;
        const scored = await score(true);
        if (scored === undefined) return KEPT;
        yield scored;
        return ending;
      }
      // Where the clock had ended the run in this epoch and it goes on, the epoch is yet to be scored.
      if (scores.at(-1)?.epoch === epoch) scores.pop();
      const batch = coming.next().value as Batch;
      const { learningRate: peak, epochs } = tuning.now();
      const position = { step: (epoch - 1) * steps + ++step, steps, epochs };
      const learningRate = learningRateAt(spec.schedule, peak, position);
      pulse?.(isFirst ? 'compiling' : 'training');
      const begun = performance.now();
      const stepScore = program.train(batch, position.step, learningRate);
      pulse?.('training', performance.now() - begun);
      isFirst = false;
      requireFinite(stepScore.loss, `epoch ${epoch}, step ${step}`);
      const images = batch.labels.length;
      total.add(stepScore, images);
      sinceFrame.add(images);
      if (step % spec.stepInterval === 0 || step === steps) {
        yield stepEvent({ epoch, step, steps }, stepScore, images, learningRate, sinceFrame.rate());
      }
      totals = { ...total.sums(), seconds: seconds() };
      await reached?.({ epoch, step, totals, seconds: before });
    }
    const scored = await score(false);
    if (scored === undefined) return KEPT;
    yield scored;
    at = { ...START, epoch: epoch + 1, seconds: before + seconds() };
    await reached?.(at);
  }
}

/** The scores of an epoch, by the weights as they are now. */
async function scoreEpoch(
  program: Program,
  { validation, test }: TrainData,
  { microBatchSize }: TrainSpec,
  signal: AbortSignal,
  { place, trained, pulse }: Readonly<{ place: ScoredPlace; trained: MeanScore; pulse?: Pulse | undefined }>,
): Promise<EpochScores> {
  const scored = async (samples: Samples) => {
    const result = await evaluate(program, samples, Math.min(microBatchSize, EVALUATION_BATCH), signal, pulse);
    requireFinite(result.loss, `the evaluation after epoch ${place.epoch}`);
    return result;
  };
  const validated = validation && (await scored(validation));
  return scoresOf(place, trained, validated, await scored(test));
}

/** Mean loss and accuracy over the samples, in evaluation mode. */
export async function evaluate(
  program: Program,
  samples: Samples,
  batchSize: number,
  signal: AbortSignal,
  pulse?: Pulse,
): Promise<MeanScore> {
  const total = createMean();
  for (const batch of batches(samples, batchSize)) {
    await turn(signal);
    pulse?.('evaluating');
    total.add(program.evaluate(batch), batch.labels.length);
  }
  return total.result();
}

/** A loss that is NaN or infinite never comes back, and its weights are worth nothing. */
function requireFinite(loss: number, place: string): void {
  if (Number.isFinite(loss)) return;
  throw new TrainyardError('diverged', `The loss is ${loss} at ${place}: use a smaller learning rate.`);
}

/** An epoch and, where the run has ended within it, the steps of it that are done. */
type ScoredPlace = Pick<EpochScores, 'epoch' | 'step'>;

export type MeanScore = Readonly<{ loss: number; accuracy: number }>;

/** Gives the event loop a turn, in which a cancel can arrive. */
export async function turn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** Means over samples: a smaller last batch counts for what it holds. */
function createMean({ loss, correct, images }: Omit<EpochTotals, 'seconds'> = NOTHING) {
  return {
    add(score: Score, count: number): void {
      loss += score.loss * count;
      correct += score.correct;
      images += count;
    },
    sums: () => ({ loss, correct, images }),
    result: (): MeanScore => ({ loss: loss / images, accuracy: correct / images }),
  };
}

/** Images per second since it was last asked. */
function createStopwatch() {
  let images = 0;
  let since = performance.now();
  return {
    add(count: number): void {
      images += count;
    },
    rate(): number {
      const now = performance.now();
      const rate = images / ((now - since) / 1000);
      images = 0;
      since = now;
      return rate;
    },
  };
}

function stepEvent(
  place: Pick<StepEvent, 'epoch' | 'step' | 'steps'>,
  { loss, correct }: Score,
  images: number,
  learningRate: number,
  rate: number,
): StepEvent {
  return { type: 'step', ...place, loss, accuracy: correct / images, learningRate, imagesPerSecond: round(rate, 1) };
}

function scoresOf(
  place: ScoredPlace,
  trained: MeanScore,
  validated: MeanScore | undefined,
  tested: MeanScore,
): EpochScores {
  return {
    ...place,
    trainLoss: trained.loss,
    trainAccuracy: trained.accuracy,
    ...(validated && { validationLoss: validated.loss, validationAccuracy: validated.accuracy }),
    testLoss: tested.loss,
    testAccuracy: tested.accuracy,
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
