/** Selection of an image's most probable classes. */
import type { Prediction } from '../../contracts/prediction/prediction-messages.js';
import type { Outputs } from '../../contracts/processes/trainer-messages.js';
import { softmax } from '../../numerics/softmax.js';

type TopOptions = Readonly<{
  count: number;
  withLogits?: boolean | undefined;
  /** Temperature of the model, if it has one: adds a calibrated probability to each class. */
  temperature?: number | null | undefined;
}>;

/** Returns the `count` most probable classes (or all, if there are fewer), the most probable first. */
export function topClasses(
  { probabilities, logits }: Outputs,
  classes: readonly string[],
  { count, withLogits = false, temperature }: TopOptions,
): Prediction[] {
  const calibrated = temperature && softmax(logits, logits.length, temperature);
  return mostProbable(probabilities, classes.length, count).map((index) => ({
    label: classes[index] ?? '',
    index,
    probability: rounded(probabilities[index] ?? 0),
    ...(calibrated && { calibrated: rounded(calibrated[index] ?? 0) }),
    ...(withLogits && { logit: rounded(logits[index] ?? 0) }),
  }));
}

/** Returns the indices of the `count` largest numbers. Only these are sorted with a comparator: there may be 10,000 classes. */
function mostProbable(probabilities: Outputs['probabilities'], classes: number, count: number): number[] {
  const at = (index: number): number => probabilities[index] ?? 0;
  const least = probabilities.slice().sort()[Math.max(0, classes - count)] ?? 0;
  const indices: number[] = [];
  for (let index = 0; index < classes; index++) if (at(index) >= least) indices.push(index);
  return indices.sort((a, b) => at(b) - at(a) || a - b).slice(0, count);
}

/** Splits the outputs of a batch into those of each image. */
export function perImage({ probabilities, logits }: Outputs, classes: number): Outputs[] {
  return Array.from({ length: probabilities.length / classes }, (_, image) => ({
    probabilities: probabilities.subarray(image * classes, (image + 1) * classes),
    logits: logits.subarray(image * classes, (image + 1) * classes),
  }));
}

/** Rounds to the seven significant digits of a float32. */
export const rounded = (value: number): number => Number(value.toPrecision(7));
