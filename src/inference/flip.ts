/** Flip test-time augmentation: the answer for an image is the mean of those for it and for its mirror. */
import type { Preprocessing } from '../contracts/models/model.js';

/** Each image mirrored left to right; images × height × width × channels bytes, one image after the other. */
export function mirror(pixels: Uint8Array, { width, channels }: Pick<Preprocessing, 'width' | 'channels'>): Uint8Array {
  const mirrored = new Uint8Array(pixels.length);
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

/** The mean of two lists of the same length, number by number. */
export const meanOf = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, index) => (value + (b[index] ?? Number.NaN)) / 2);
