/** Scores that a label gate can compare. Without schemas, because the command imports them. */
import type { EpochScores } from '../jobs/outcome.js';
import type { EvaluationScores } from './dataset-evaluation.js';

/** Scores of a training that a label gate can compare. */
export const TRAINING_METRICS = [
  'testAccuracy',
  'testTop5Accuracy',
  'testLoss',
  'validationAccuracy',
  'validationMacroF1',
  'validationBalancedAccuracy',
  'validationTop5Accuracy',
  'validationLoss',
] as const satisfies readonly (keyof EpochScores)[];
export type TrainingMetric = (typeof TRAINING_METRICS)[number];

/** Scores of an evaluation on a data set that a label gate can compare. */
export const EVALUATION_METRICS = [
  'accuracy',
  'top5Accuracy',
  'balancedAccuracy',
  'macroF1',
  'loss',
  'expectedCalibrationError',
] as const satisfies readonly (keyof EvaluationScores)[];
export type EvaluationMetric = (typeof EVALUATION_METRICS)[number];

/** Tells whether the smaller one of two scores is better. */
export const isLowerBetter = (metric: TrainingMetric | EvaluationMetric): boolean => /(loss|error)$/i.test(metric);
