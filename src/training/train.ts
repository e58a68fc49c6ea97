/** The training loop, as an async generator of events: whoever iterates it decides where they go, and stops it by a signal. */
import { setImmediate } from 'node:timers/promises';
import type { EpochEvent, StepEvent, TrainingEvent } from '../contracts/event.js';
import type { JobSpec } from '../contracts/job.js';
import type { Dataset } from '../datasets/index.js';
import { TrainyardError } from '../errors.js';
import { batches, permutation, type Samples, stepsPerEpoch } from './batches.js';
import type { Program, Score } from './program.js';

/** What of a job decides its course. */
export type TrainSpec = Pick<JobSpec, 'batchSize' | 'epochs' | 'seed' | 'stepInterval' | 'optimizer'>;

/** Most images per evaluation step; never more than a training step has, which needs more memory. */
const EVALUATION_BATCH = 256;

/**
 * Trains for `spec.epochs` epochs and yields a step event every `stepInterval` steps and an epoch event after each epoch.
 * The event loop gets a turn after each step; an aborted signal ends the generator there by throwing its reason.
 */
export async function* train(
  program: Program,
  data: Pick<Dataset, 'train' | 'test'>,
  spec: TrainSpec,
  signal: AbortSignal,
): AsyncGenerator<TrainingEvent, void, undefined> {
  const steps = stepsPerEpoch(data.train.samples, spec.batchSize);
  for (let epoch = 1; epoch <= spec.epochs; epoch++) {
    const started = performance.now();
    const total = createMean();
    const sinceFrame = createStopwatch();
    let step = 0;
    for (const batch of batches(data.train, spec.batchSize, permutation(data.train.samples, spec.seed, epoch))) {
      await turn(signal);
      const score = program.train(batch, (epoch - 1) * steps + ++step);
      requireFinite(score.loss, `epoch ${epoch}, step ${step}`);
      const images = batch.labels.length;
      total.add(score, images);
      sinceFrame.add(images);
      if (step % spec.stepInterval === 0 || step === steps) {
        yield stepEvent({ epoch, step, steps }, score, images, spec.optimizer.learningRate, sinceFrame.rate());
      }
    }
    const trainSeconds = (performance.now() - started) / 1000;
    const test = await evaluate(program, data.test, Math.min(spec.batchSize, EVALUATION_BATCH), signal);
    requireFinite(test.loss, `the evaluation after epoch ${epoch}`);
    yield epochEvent(
      epoch,
      spec.epochs,
      total.result(),
      test,
      trainSeconds,
      (performance.now() - started) / 1000,
      data.train.samples,
    );
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
function createMean() {
  let loss = 0;
  let correct = 0;
  let samples = 0;
  return {
    add(score: Score, images: number): void {
      loss += score.loss * images;
      correct += score.correct;
      samples += images;
    },
    result: (): MeanScore => ({ loss: loss / samples, accuracy: correct / samples }),
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

function epochEvent(
  epoch: number,
  epochs: number,
  trained: MeanScore,
  tested: MeanScore,
  trainSeconds: number,
  seconds: number,
  samples: number,
): EpochEvent {
  return {
    type: 'epoch',
    epoch,
    epochs,
    trainLoss: trained.loss,
    trainAccuracy: trained.accuracy,
    testLoss: tested.loss,
    testAccuracy: tested.accuracy,
    seconds: round(seconds, 3),
    imagesPerSecond: round(samples / trainSeconds, 1),
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
