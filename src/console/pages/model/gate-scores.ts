/** Scores that the gate of a label compares, in words. */
import type { DatasetEvaluation, LabelGate } from 'trainyard';

export type Metric = LabelGate['metric'];
/** Scores of an evaluation on a data set. */
type EvaluationMetric = Extract<Metric, keyof NonNullable<DatasetEvaluation['scores']>>;
/** Scores of a training. */
type TrainingMetric = Exclude<Metric, EvaluationMetric>;

type Score = Readonly<{
  title: string;
  /** Whether it is 0 to 1 and shown in percent. */
  isShare: boolean;
  isLowerBetter: boolean;
}>;

const share = (title: string): Score => ({ title, isShare: true, isLowerBetter: false });
const loss = (title: string): Score => ({ title, isShare: false, isLowerBetter: true });

/** In the order of the choices. */
const TRAINING_SCORES: Readonly<Record<TrainingMetric, Score>> = {
  testAccuracy: share('test accuracy'),
  validationAccuracy: share('validation accuracy'),
  validationMacroF1: share('validation macro-F1'),
  validationBalancedAccuracy: share('balanced validation accuracy'),
  testTop5Accuracy: share('top-5 test accuracy'),
  validationTop5Accuracy: share('top-5 validation accuracy'),
  testLoss: loss('test loss'),
  validationLoss: loss('validation loss'),
};
const EVALUATION_SCORES: Readonly<Record<EvaluationMetric, Score>> = {
  accuracy: share('accuracy'),
  balancedAccuracy: share('balanced accuracy'),
  macroF1: share('macro-F1'),
  top5Accuracy: share('top-5 accuracy'),
  loss: loss('loss'),
  expectedCalibrationError: { ...share('calibration error'), isLowerBetter: true },
};

export const GATE_SCORES: Readonly<Record<Metric, Score>> = { ...TRAINING_SCORES, ...EVALUATION_SCORES };

/** Returns the scores that a gate can compare: of evaluations on a data set, or of the trainings. */
export const metricsOf = (source: 'training' | 'evaluation'): Metric[] =>
  Object.keys(source === 'training' ? TRAINING_SCORES : EVALUATION_SCORES) as Metric[];
