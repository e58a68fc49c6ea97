/** Scores of a classifier on a split of a data set, from the logits of its images batch by batch. */
import type { EvaluationResult, EvaluationScores } from '../../contracts/models/dataset-evaluation.js';
import {
  type Evaluation,
  type LeakScores,
  MAX_CONFUSED_PAIRS,
  MAX_MATRIX_CLASSES,
} from '../../contracts/models/evaluation.js';
import type { TestPredictions } from '../../formats/test-predictions.js';
import { createClassTally } from '../run/class-tally.js';
import type { Samples } from '../step/batches.js';
import {
  calibrationOf,
  classScores,
  confusedPairs,
  confusionOf,
  macroOf,
  type ScoredImages,
  type TopAnswer,
  topAnswers,
} from './classification-metrics.js';

/** Images whose predictions are stored at most: 16 MB. */
const MAX_STORED_PREDICTIONS = 1_000_000;

/** An image that a training or validation image resembles, or has the same pixels as. */
export type SeenImage = Readonly<{ image: number; kind: 'same' | 'near' }>;

export type SplitScores = Readonly<{
  scores: EvaluationScores;
  result: EvaluationResult;
  predictions: TestPredictions;
  /** Predicted class and probability of each image. */
  answers: readonly TopAnswer[];
}>;

type ScoredModel = Readonly<{
  classes: readonly string[];
  /** Temperature of the model. Undefined or null: it has none. */
  temperature?: number | null | undefined;
  /** Images on which the temperature was fitted, or why it was not. */
  fitted: string;
  /** Images that the training has seen. Undefined: it is not known. */
  leaks?: readonly SeenImage[] | undefined;
}>;

/** Returns a collector of logits. `labels` are the class index of each image, in the order of the model's classes. */
export function createSplitScores({ classes, temperature, fitted, leaks }: ScoredModel, labels: Samples['labels']) {
  const [answers, calibrated]: [TopAnswer[], TopAnswer[]] = [[], []];
  const tally = createClassTally(classes.length);
  let loss = 0;

  return {
    /** Number of images so far. */
    get images(): number {
      return answers.length;
    },

    /** Adds images × classes logits of the next images. */
    add(logits: Float32Array): void {
      const begin = answers.length;
      const scored = {
        logits,
        labels: labels.subarray(begin, begin + logits.length / classes.length),
        classes: classes.length,
      };
      answers.push(...topAnswers(scored));
      if (temperature) calibrated.push(...topAnswers(scored, temperature));
      loss += lossOf(scored);
      tally.add(logits, scored.labels);
    },

    /** Returns the scores of all images. Call it once every image was added. */
    finish(): SplitScores {
      const predicted = predictedOf(answers);
      const perClass = classScores(predicted, labels, classes);
      const macro = macroOf(perClass, predicted);
      const calibration = calibrationOf({ answers, calibrated, labels }, { temperature: temperature || null, fitted });
      const { balancedAccuracy, top5Accuracy } = tally.result();
      return {
        scores: {
          images: labels.length,
          accuracy: accuracyOf(answers, labels),
          ...(top5Accuracy !== undefined && { top5Accuracy }),
          loss: loss / labels.length,
          balancedAccuracy,
          macroF1: macro.f1,
          expectedCalibrationError: calibration.expectedCalibrationError,
        },
        result: {
          ...(leaks && { leaks: leakScores(answers, labels, leaks) }),
          ...confusions(answers, labels, classes),
          classes: perClass,
          macro,
          calibration,
        },
        predictions: predictionsOf(answers, labels),
        answers,
      };
    },
  };
}

/** Returns the predicted class of each answer. */
const predictedOf = (answers: readonly TopAnswer[]): number[] => answers.map(({ predicted }) => predicted);

/** Returns the share of answers that are right. */
const accuracyOf = (answers: readonly TopAnswer[], labels: Samples['labels']): number =>
  answers.filter(({ predicted }, image) => predicted === labels[image]).length / labels.length;

/** Returns the accuracy on the test images that the training has seen, and on the others. */
export function leakScores(
  answers: readonly Pick<TopAnswer, 'predicted'>[],
  labels: Samples['labels'],
  leaks: readonly SeenImage[],
): LeakScores {
  const seen = new Map(leaks.filter(({ image }) => image < labels.length).map(({ image, kind }) => [image, kind]));
  const right = { seen: 0, others: 0 };
  for (const [image, { predicted }] of answers.entries())
    if (predicted === labels[image]) right[seen.has(image) ? 'seen' : 'others'] += 1;
  const others = labels.length - seen.size;
  const shareOf = (count: number, images: number): number | null => (images === 0 ? null : count / images);
  const same = [...seen.values()].filter((kind) => kind === 'same').length;
  return {
    ...{ images: seen.size, same, near: seen.size - same, accuracy: shareOf(right.seen, seen.size) },
    others: { images: others, accuracy: shareOf(right.others, others) },
  };
}

/** Returns the confusion matrix, or the most frequent confusions if there are many classes. */
function confusions(
  answers: readonly TopAnswer[],
  labels: Samples['labels'],
  names: readonly string[],
): Pick<Evaluation, 'confusion' | 'confusedPairs'> {
  const predicted = predictedOf(answers);
  return names.length <= MAX_MATRIX_CLASSES
    ? { confusion: confusionOf(predicted, labels, names.length) }
    : { confusedPairs: confusedPairs(predicted, labels, names, MAX_CONFUSED_PAIRS) };
}

/** Returns the predictions of the first images, at most `MAX_STORED_PREDICTIONS`, in descending order of their probability. */
function predictionsOf(answers: readonly TopAnswer[], labels: Samples['labels']): TestPredictions {
  const stored = answers.slice(0, MAX_STORED_PREDICTIONS);
  const probabilityOf = (image: number): number => stored[image]?.probability ?? 0;
  const images = Int32Array.from(stored.keys()).sort((a, b) => probabilityOf(b) - probabilityOf(a) || a - b);
  return {
    images,
    labels: images.map((image) => labels[image] ?? 0),
    predicted: images.map((image) => stored[image]?.predicted ?? 0),
    probabilities: Float32Array.from(images, probabilityOf),
  };
}

/** Returns the sum of the cross entropies of the images, in nats. */
function lossOf({ logits, labels, classes }: ScoredImages): number {
  let sum = 0;
  for (const [image, label] of labels.entries()) {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    const largest = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const total = row.reduce((exponentials, value) => exponentials + Math.exp(value - largest), 0);
    sum += Math.max(0, largest + Math.log(total) - (row[label] ?? 0));
  }
  return sum;
}
