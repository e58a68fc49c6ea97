/** The numbers of an image's classes → the most probable classes by name. */
import type { Prediction } from '../../contracts/prediction/predict.js';
import type { Outputs } from '../../contracts/processes/trainer.js';
import { softmax } from '../../numerics/softmax.js';

type TopOptions = Readonly<{
  count: number;
  withLogits?: boolean | undefined;
  /** Of the model, where one was fitted: each class is answered with its calibrated probability too. */
  temperature?: number | null | undefined;
}>;

/** The `count` most probable classes, the most probable first; all of them where there are fewer. */
export function topClasses(
  { probabilities, logits }: Outputs,
  classes: readonly string[],
  { count, withLogits = false, temperature }: TopOptions,
): Prediction[] {
  const calibrated = temperature && softmax(logits, logits.length, temperature);
  return mostProbable(probabilities, classes.length, count).map((index) => ({
    label: classes[index] ?? '',
    index,
    probability: shortened(probabilities[index] ?? 0),
    ...(calibrated && { calibrated: shortened(calibrated[index] ?? 0) }),
    ...(withLogits && { logit: shortened(logits[index] ?? 0) }),
  }));
}

/** The places of the `count` largest numbers. Sorts only these with a comparison: of 10,000 classes few are asked for. */
function mostProbable(probabilities: Outputs['probabilities'], classes: number, count: number): number[] {
  const at = (index: number): number => probabilities[index] ?? 0;
  const least = probabilities.slice().sort()[Math.max(0, classes - count)] ?? 0;
  const places: number[] = [];
  for (let index = 0; index < classes; index++) if (at(index) >= least) places.push(index);
  return places.sort((a, b) => at(b) - at(a) || a - b).slice(0, count);
}

/** The outputs of each image. */
export function perImage({ probabilities, logits }: Outputs, classes: number): Outputs[] {
  return Array.from({ length: probabilities.length / classes }, (_, image) => ({
    probabilities: probabilities.subarray(image * classes, (image + 1) * classes),
    logits: logits.subarray(image * classes, (image + 1) * classes),
  }));
}

/** The seven digits that a float32 has, without the other ten that it has as a double. */
const shortened = (value: number): number => Number(value.toPrecision(7));
