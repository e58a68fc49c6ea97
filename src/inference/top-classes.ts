/** Probabilities → the most probable classes by name. */
import type { Prediction } from '../contracts/predict.js';
import { TrainyardError } from '../errors.js';

/** The `count` most probable classes, the most probable first; all of them where there are fewer. */
export function topClasses(probabilities: Float32Array, classes: readonly string[], count: number): Prediction[] {
  if (!probabilities.every(Number.isFinite)) {
    throw new TrainyardError(
      'model_corrupt',
      'The model answers no numbers: its weights are not finite. Train it again with a smaller learning rate.',
    );
  }
  return classes
    .map((label, index) => ({ label, index, probability: withoutNoise(probabilities[index] ?? 0) }))
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, count);
}

/** The seven digits that a float32 has, without the other ten that it has as a double. */
const withoutNoise = (value: number): number => Math.min(1, Number(value.toPrecision(7)));
