/** Scores of an epoch: means over the training steps, and evaluations of the validation and test images. */
import { setImmediate } from 'node:timers/promises';
import type { EpochScores } from '../../contracts/jobs/outcome.js';
import type { EpochTotals } from '../../contracts/processes/checkpoint-header.js';
import type { Dataset } from '../../datasets/index.js';
import { TrainyardError } from '../../errors/errors.js';
import { batches, type Samples } from '../step/batches.js';
import type { Program, Score } from '../step/program.js';
import { type ClassTallyResult, createClassTally } from './class-tally.js';
import type { Heartbeat } from './heartbeat.js';

/** Training and test images, and the validation images if the job has any. */
export type TrainData = Pick<Dataset, 'train' | 'test'> & Readonly<{ validation?: Samples | undefined }>;

/** Mean cross entropy and share of correct answers, 0–1. */
export type MeanScore = Readonly<{ loss: number; accuracy: number }>;

/** The epoch that is scored; `step` is present if the run ends within it after that many steps. */
export type ScoredEpoch = Pick<EpochScores, 'epoch' | 'step'>;

/**
 * Images per evaluation batch. A job with a smaller `microBatchSize` uses that instead: a training step needs more memory for as
 * many images, so an evaluation that uses no more images fits too.
 */
const EVALUATION_BATCH = 256;

export const evaluationBatchSize = (microBatchSize: number): number => Math.min(microBatchSize, EVALUATION_BATCH);

type Scoring = Readonly<{
  microBatchSize: number;
  signal: AbortSignal;
  heartbeat?: Heartbeat | undefined;
}>;

/**
 * Returns the scores of an epoch: `trained` and the evaluations by the current weights. Throws `diverged` if a loss is not
 * finite, and the signal's reason if it aborts.
 */
export async function scoreEpoch(
  program: Program,
  { validation, test }: TrainData,
  epoch: ScoredEpoch,
  trained: MeanScore,
  { microBatchSize, signal, heartbeat }: Scoring,
): Promise<EpochScores> {
  const score = async (samples: Samples): Promise<EvaluationScore> => {
    const result = await evaluate(program, samples, evaluationBatchSize(microBatchSize), signal, heartbeat);
    requireFiniteLoss(result.loss, `the evaluation after epoch ${epoch.epoch}`);
    return result;
  };
  const validated = validation && (await score(validation));
  const tested = await score(test);
  return {
    ...epoch,
    trainLoss: trained.loss,
    trainAccuracy: trained.accuracy,
    ...(validated && validationScores(validated)),
    testLoss: tested.loss,
    testAccuracy: tested.accuracy,
    ...(tested.top5Accuracy !== undefined && { testTop5Accuracy: tested.top5Accuracy }),
  };
}

const validationScores = ({ loss, accuracy, macroF1, balancedAccuracy, top5Accuracy }: EvaluationScore) => ({
  validationLoss: loss,
  validationAccuracy: accuracy,
  validationMacroF1: macroF1,
  validationBalancedAccuracy: balancedAccuracy,
  ...(top5Accuracy !== undefined && { validationTop5Accuracy: top5Accuracy }),
});

/** Scores of images in evaluation mode. */
export type EvaluationScore = MeanScore & ClassTallyResult;

/** Returns the scores of the samples, in evaluation mode. Throws the signal's reason if it aborts. */
export async function evaluate(
  program: Program,
  samples: Samples,
  batchSize: number,
  signal: AbortSignal,
  heartbeat?: Heartbeat,
): Promise<EvaluationScore> {
  const mean = createScoreMean();
  const tally = createClassTally(program.classes);
  for (const batch of batches(samples, batchSize)) {
    await yieldToEventLoop(signal);
    heartbeat?.('evaluating');
    const { logits, ...score } = program.evaluate(batch);
    mean.add(score, batch.labels.length);
    tally.add(logits, batch.labels);
  }
  return { ...mean.result(), ...tally.result() };
}

/** Throws `diverged` if the loss is NaN or infinite: training does not recover from that, and the weights are useless. */
export function requireFiniteLoss(loss: number, place: string): void {
  if (Number.isFinite(loss)) return;
  throw new TrainyardError('diverged', `The loss is ${loss} at ${place}: use a smaller learning rate.`);
}

/** Lets the event loop run other callbacks, such as the arrival of a cancel. Throws the signal's reason if it is aborted. */
export async function yieldToEventLoop(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

/** Sums and means over images: each batch counts by its number of images. */
export type ScoreMean = ReturnType<typeof createScoreMean>;

export function createScoreMean({ loss, correct, images }: Omit<EpochTotals, 'seconds'> = EMPTY_TOTALS) {
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

export const EMPTY_TOTALS: EpochTotals = { loss: 0, correct: 0, images: 0, seconds: 0 };
