/** The training loop, as an async generator of events: whoever iterates it decides where they go, and stops it by a signal. */
import { setImmediate } from 'node:timers/promises';
import type { EpochTotals, Position } from '../contracts/checkpoint.js';
import type { StepEvent, TrainingEvent } from '../contracts/event.js';
import type { EpochScores, JobSpec } from '../contracts/job.js';
import type { Dataset } from '../datasets/index.js';
import { TrainyardError } from '../errors.js';
import { batches, permutation, type Samples, stepsPerEpoch } from './batches.js';
import type { Program, Score } from './program.js';
import { learningRateAt } from './schedule.js';

/** What of a job decides its course. */
export type TrainSpec = Pick<
  JobSpec,
  'batchSize' | 'microBatchSize' | 'epochs' | 'seed' | 'stepInterval' | 'optimizer' | 'schedule'
>;

/** What is trained on, what is scored after each epoch, and what is set aside to make choices by. */
export type TrainData = Pick<Dataset, 'train' | 'test'> & Readonly<{ validation?: Samples | undefined }>;

/** Most images per evaluation step; never more than a training step has in memory, which needs more of it. */
const EVALUATION_BATCH = 256;

/** Where a run goes on, and who is told how far it has come. */
export type Course = Readonly<{
  /** The program must be in the state it was in there. Default: the start. */
  from?: Position | undefined;
  /** Called between two steps, after the event of the one before, if it has one. The next step waits for it. */
  reached?: (position: Position) => Promise<void> | void;
}>;

const START: Position = { epoch: 1, step: 0, totals: { loss: 0, correct: 0, images: 0, seconds: 0 } };

/**
 * Trains to the end of `spec.epochs` epochs and yields a step event every `stepInterval` steps and an epoch event after each
 * epoch. The event loop gets a turn after each step; an aborted signal ends the generator there by throwing its reason.
 * A run that goes on from a position takes the same steps as one that was never interrupted, to the same bits on a CPU.
 */
export async function* train(
  program: Program,
  data: TrainData,
  spec: TrainSpec,
  signal: AbortSignal,
  { from = START, reached }: Course = {},
): AsyncGenerator<TrainingEvent, void, undefined> {
  const steps = stepsPerEpoch(data.train.samples, spec.batchSize);
  for (let epoch = from.epoch; epoch <= spec.epochs; epoch++) {
    let { step, totals } = epoch === from.epoch ? from : START;
    const started = performance.now() - 1000 * totals.seconds;
    const seconds = (): number => (performance.now() - started) / 1000;
    const total = createMean(totals);
    const sinceFrame = createStopwatch();
    const order = permutation(data.train.samples, spec.seed, epoch);
    for (const batch of batches(data.train, spec.batchSize, order, step)) {
      await turn(signal);
      const position = { step: (epoch - 1) * steps + ++step, steps, epochs: spec.epochs };
      const learningRate = learningRateAt(spec.schedule, spec.optimizer.learningRate, position);
      const score = program.train(batch, position.step, learningRate);
      requireFinite(score.loss, `epoch ${epoch}, step ${step}`);
      const images = batch.labels.length;
      total.add(score, images);
      sinceFrame.add(images);
      if (step % spec.stepInterval === 0 || step === steps) {
        yield stepEvent({ epoch, step, steps }, score, images, learningRate, sinceFrame.rate());
      }
      totals = { ...total.sums(), seconds: seconds() };
      await reached?.({ epoch, step, totals });
    }
    const scored = async (samples: Samples) => {
      const size = Math.min(spec.microBatchSize, EVALUATION_BATCH);
      const result = await evaluate(program, samples, size, signal);
      requireFinite(result.loss, `the evaluation after epoch ${epoch}`);
      return result;
    };
    const validated = data.validation && (await scored(data.validation));
    const tested = await scored(data.test);
    yield {
      type: 'epoch',
      ...scoresOf(epoch, total.result(), validated, tested),
      epochs: spec.epochs,
      seconds: round(seconds(), 3),
      imagesPerSecond: round(data.train.samples / totals.seconds, 1),
    };
    await reached?.({ ...START, epoch: epoch + 1 });
  }
}

/** Mean loss and accuracy over the samples, in evaluation mode. */
export async function evaluate(
  program: Program,
  samples: Samples,
  batchSize: number,
  signal: AbortSignal,
): Promise<MeanScore> {
  const total = createMean();
  for (const batch of batches(samples, batchSize)) {
    await turn(signal);
    total.add(program.evaluate(batch), batch.labels.length);
  }
  return total.result();
}

/** A loss that is NaN or infinite never comes back, and its weights are worth nothing. */
function requireFinite(loss: number, place: string): void {
  if (Number.isFinite(loss)) return;
  throw new TrainyardError('diverged', `The loss is ${loss} at ${place}: use a smaller learning rate.`);
}

export type MeanScore = Readonly<{ loss: number; accuracy: number }>;

/** Gives the event loop a turn, in which a cancel can arrive. */
export async function turn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** Means over samples: a smaller last batch counts for what it holds. */
function createMean({ loss, correct, images }: Omit<EpochTotals, 'seconds'> = START.totals) {
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

function scoresOf(epoch: number, trained: MeanScore, validated: MeanScore | undefined, tested: MeanScore): EpochScores {
  return {
    epoch,
    trainLoss: trained.loss,
    trainAccuracy: trained.accuracy,
    ...(validated && { validationLoss: validated.loss, validationAccuracy: validated.accuracy }),
    testLoss: tested.loss,
    testAccuracy: tested.accuracy,
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
