/** Flip test-time augmentation: averages the outputs for an image and for its mirror image. */

type Size = Readonly<{ width: number; channels: number }>;

/** Mirrors each image left to right. `pixels`: images × height × width × channels numbers. */
export function mirror<Values extends Uint8Array | Float32Array>(pixels: Values, { width, channels }: Size): Values {
  const mirrored = pixels.slice() as Values;
  const rowBytes = width * channels;
  for (let row = 0; row < pixels.length; row += rowBytes) {
    for (let from = 0, to = rowBytes - channels; from < rowBytes; from += channels, to -= channels) {
      for (let channel = 0; channel < channels; channel++) {
        mirrored[row + to + channel] = pixels[row + from + channel] ?? 0;
      }
    }
  }
  return mirrored;
}

/** Returns the elementwise mean of two arrays of the same length. */
export const meanOf = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, index) => (value + (b[index] ?? Number.NaN)) / 2);
