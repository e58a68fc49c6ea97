/** Scores of a classifier on a split of a data set, from the logits of its images batch by batch. */
import type { EvaluationResult, EvaluationScores } from '../../contracts/models/dataset-evaluation.js';
import type { TestPredictions } from '../../formats/test-predictions.js';
import { createClassTally } from '../run/class-tally.js';
import {
  CALIBRATION_BINS,
  calibrationError,
  classScores,
  macroOf,
  reliabilityOf,
  type ScoredImages,
  type TopAnswer,
  topAnswers,
} from './classification-metrics.js';
import { accuracyOf, confusions, predictedOf, predictionsOf } from './evaluate-model.js';

export type SplitScores = Readonly<{
  scores: EvaluationScores;
  result: EvaluationResult;
  predictions: TestPredictions;
}>;

type ScoredModel = Readonly<{
  classes: readonly string[];
  /** Temperature of the model. Undefined or null: it has none. */
  temperature?: number | null | undefined;
}>;

const NO_TEMPERATURE = 'The model has no temperature: its training had no validation images, or it was imported.';

/** Returns a collector of logits. `labels` are the class index of each image, in the order of the model's classes. */
export function createSplitScores({ classes, temperature }: ScoredModel, labels: Uint16Array) {
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
      const perClass = classScores(predictedOf(answers), labels, classes);
      const macro = macroOf(perClass);
      const { balancedAccuracy, top5Accuracy } = tally.result();
      const expectedCalibrationError = calibrationError(answers, labels);
      return {
        scores: {
          images: labels.length,
          accuracy: accuracyOf(answers, labels),
          ...(top5Accuracy !== undefined && { top5Accuracy }),
          loss: loss / labels.length,
          balancedAccuracy,
          macroF1: macro.f1,
          expectedCalibrationError,
        },
        result: {
          ...confusions(answers, labels, classes),
          classes: perClass,
          macro,
          calibration: {
            bins: CALIBRATION_BINS,
            expectedCalibrationError,
            reliability: reliabilityOf(answers, labels),
            ...(temperature
              ? {
                  temperature,
                  fitted: 'In the training, on its validation images.',
                  calibratedError: calibrationError(calibrated, labels),
                  calibratedReliability: reliabilityOf(calibrated, labels),
                }
              : { temperature: null, fitted: NO_TEMPERATURE, calibratedError: null }),
          },
        },
        predictions: predictionsOf(answers, labels),
      };
    },
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
