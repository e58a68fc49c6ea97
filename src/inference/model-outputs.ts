/** Parts and means of a model's outputs, class activation maps included. */
import type { ActivationMaps, Outputs } from '../contracts/processes/trainer-messages.js';
import { meanOf, mirror } from './flip.js';

/** Returns the outputs of the images from `start` to before `end`. */
export function sliceImages(
  { probabilities, logits, maps }: Outputs,
  classes: number,
  start: number,
  end?: number,
): Outputs {
  const part = (values: Float32Array, size: number): Float32Array =>
    values.subarray(start * size, end === undefined ? undefined : end * size);
  return {
    probabilities: part(probabilities, classes),
    logits: part(logits, classes),
    ...(maps && {
      maps: { ...maps, values: part(maps.values, maps.height * maps.width), biases: part(maps.biases, 1) },
    }),
  };
}

/** Returns the mean of the outputs for images and for their mirror images. Mirrors the second maps back before. */
export const meanOfOutputs = (plain: Outputs, mirrored: Outputs): Outputs => ({
  probabilities: meanOf(plain.probabilities, mirrored.probabilities),
  logits: meanOf(plain.logits, mirrored.logits),
  ...(plain.maps && mirrored.maps && { maps: meanOfMaps(plain.maps, mirrored.maps) }),
});

const meanOfMaps = (plain: ActivationMaps, mirrored: ActivationMaps): ActivationMaps => ({
  ...plain,
  values: meanOf(plain.values, mirror(mirrored.values, { width: plain.width, channels: 1 })),
});
