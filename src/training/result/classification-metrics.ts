/** Metrics of a classifier from its logits and labels: confusion matrix, scores per class and calibration. */
import type { Calibration, ClassScores, Evaluation } from '../../contracts/models/evaluation.js';
import type { Samples } from '../step/batches.js';

type Labels = Samples['labels'];

/** Images × classes logits, with the class index of each image. */
export type ScoredImages = Readonly<{ logits: Float32Array; labels: Labels; classes: number }>;

/** Bins of the calibration error, as in Guo et al. 2017. */
const CALIBRATION_BINS = 15;

export type TopAnswer = Readonly<{ predicted: number; probability: number }>;

/** Returns the predicted class of each image and its probability, the softmax of logits / temperature. */
export function topAnswers({ logits, labels, classes }: ScoredImages, temperature = 1): TopAnswer[] {
  return Array.from(labels, (_, image) => {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    const predicted = row.indexOf(Math.max(...row));
    const largest = row[predicted] as number;
    const sum = row.reduce((total, value) => total + Math.exp((value - largest) / temperature), 0);
    return { predicted, probability: 1 / sum };
  });
}

/** Returns classes × classes counts: rows are the true classes, columns the predicted ones. */
export function confusionOf(predicted: readonly number[], labels: Labels, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [image, label] of labels.entries()) {
    const row = matrix[label] as number[];
    const column = predicted[image] as number;
    row[column] = (row[column] ?? 0) + 1;
  }
  return matrix;
}

/** Returns the most frequent confusions of two classes, at most `most`. A matrix of many classes would have millions of zeros. */
export function confusedPairs(
  predicted: readonly number[],
  labels: Labels,
  names: readonly string[],
  most: number,
): NonNullable<Evaluation['confusedPairs']> {
  const counts = new Map<number, number>();
  for (const [image, label] of labels.entries()) {
    const answer = predicted[image] as number;
    if (answer === label) continue;
    const pair = label * names.length + answer;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, left], [b, right]) => right - left || a - b)
    .slice(0, most)
    .map(([pair, images]) => ({
      label: names[Math.floor(pair / names.length)] ?? '',
      predicted: names[pair % names.length] ?? '',
      images,
    }));
}

/** Returns precision, recall, F1 and support of each class. A ratio with the denominator 0 is 0, as in scikit-learn. */
export function classScores(predicted: readonly number[], labels: Labels, names: readonly string[]): ClassScores[] {
  const counts = names.map(() => ({ correct: 0, support: 0, predicted: 0 }));
  for (const [image, label] of labels.entries()) {
    const answer = predicted[image] as number;
    const [own, answered] = [counts[label], counts[answer]];
    if (own === undefined || answered === undefined) continue;
    own.support += 1;
    answered.predicted += 1;
    if (answer === label) own.correct += 1;
  }
  return counts.map(({ correct, support, predicted: total }, index) => {
    const [precision, recall] = [ratio(correct, total), ratio(correct, support)];
    return { label: names[index] ?? '', precision, recall, f1: ratio(2 * correct, total + support), support };
  });
}

/**
 * Returns the unweighted means over the classes that occur: that have images or answers. So does scikit-learn, whose macro averages go
 * over the labels in `y_true` and `y_pred`.
 */
export function macroOf(classes: readonly ClassScores[], predicted: readonly number[]): Evaluation['macro'] {
  const answered = new Set(predicted);
  const known = classes.filter(({ support }, index) => support > 0 || answered.has(index));
  const mean = (score: 'precision' | 'recall' | 'f1') => sumOf(known.map((scores) => scores[score])) / known.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

type Answers = Readonly<{ answers: readonly TopAnswer[]; calibrated: readonly TopAnswer[]; labels: Labels }>;

/** Returns the calibration of answers. `calibrated`: the answers computed with the temperature; empty without a temperature. */
export function calibrationOf(
  { answers, calibrated, labels }: Answers,
  { temperature, fitted }: Pick<Calibration, 'temperature' | 'fitted'>,
): Calibration {
  return {
    bins: CALIBRATION_BINS,
    expectedCalibrationError: calibrationError(answers, labels),
    reliability: reliabilityOf(answers, labels),
    ...{ temperature, fitted },
    ...(temperature === null
      ? { calibratedError: null }
      : {
          calibratedError: calibrationError(calibrated, labels),
          calibratedReliability: reliabilityOf(calibrated, labels),
        }),
  };
}

/**
 * Expected calibration error: the sum over the bins of |accuracy − mean probability|, times the share of images in the bin. A bin
 * includes its upper end.
 */
export function calibrationError(answers: readonly TopAnswer[], labels: Labels, bins = CALIBRATION_BINS): number {
  const differences = binned(answers, labels, bins).map(({ correct, probability }) => Math.abs(correct - probability));
  return sumOf(differences) / labels.length;
}

/** Returns the bins of a reliability diagram (DeGroot & Fienberg 1983): accuracy and mean probability of each bin. */
function reliabilityOf(
  answers: readonly TopAnswer[],
  labels: Labels,
  bins = CALIBRATION_BINS,
): NonNullable<Calibration['reliability']> {
  return binned(answers, labels, bins).map(({ images, correct, probability }, index) => ({
    from: index / bins,
    to: (index + 1) / bins,
    images,
    accuracy: ratio(correct, images),
    confidence: Math.min(1, ratio(probability, images)),
  }));
}

/** Returns number of images, number of correct answers and sum of probabilities of each bin. */
function binned(answers: readonly TopAnswer[], labels: Labels, bins: number) {
  const sums = Array.from({ length: bins }, () => ({ images: 0, correct: 0, probability: 0 }));
  for (const [image, { predicted, probability }] of answers.entries()) {
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(probability * bins) - 1))];
    if (bin === undefined) continue;
    bin.images += 1;
    bin.probability += probability;
    if (predicted === labels[image]) bin.correct += 1;
  }
  return sums;
}

/** Range of a fitted temperature. Beyond it one class would have all probability, or all classes the same. */
const TEMPERATURES = { lowest: 0.05, highest: 20 } as const;
/** Steps of the bisection: 2^-40 of the range remains. */
const HALVINGS = 40;

/**
 * Fits the temperature that makes the labels most probable (Guo et al. 2017, arXiv:1706.04599). The mean cross entropy of
 * logits / T is convex in 1 / T, so its slope has one zero, which a bisection finds.
 */
export function fitTemperature(scored: ScoredImages): number {
  let [low, high]: [number, number] = [1 / TEMPERATURES.highest, 1 / TEMPERATURES.lowest];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.sqrt(low * high);
    if (slope(scored, middle) > 0) high = middle;
    else low = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** Derivative of the summed cross entropy by `inverse` = 1 / T: per image, the mean logit minus the logit of the label. */
function slope({ logits, labels, classes }: ScoredImages, inverse: number): number {
  let sum = 0;
  for (const [image, label] of labels.entries()) {
    const start = image * classes;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < classes; i++) largest = Math.max(largest, logits[start + i] as number);
    let [powers, weighted] = [0, 0];
    for (let i = 0; i < classes; i++) {
      const logit = logits[start + i] as number;
      const power = Math.exp(inverse * (logit - largest));
      powers += power;
      weighted += power * logit;
    }
    sum += weighted / powers - (logits[start + label] as number);
  }
  return sum;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const ratio = (part: number, total: number): number => (total === 0 ? 0 : part / total);
