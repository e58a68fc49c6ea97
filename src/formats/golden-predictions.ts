/**
 * Golden predictions: sample images with the logits that the training session computed for them in evaluation mode. They are saved
 * with a model. The parity check compares a loaded model with them.
 */
import { TrainyardError } from '../errors/errors.js';
import { bytesOfFloats, decodeSafetensors, encodeSafetensors, floatsOf, type StoredTensor } from './safetensors.js';

export type Golden = Readonly<{
  /** Images × height × width × channels. */
  shape: readonly [images: number, height: number, width: number, channels: number];
  pixels: Uint8Array;
  /** Images × classes. */
  logits: Float32Array;
}>;

/** Number of sample images. */
export const GOLDEN_IMAGES = 4;

/** Maximum number of bytes of generated sample images. */
const MAX_GENERATED_BYTES = 2 ** 22;

/** Generates sample images for an imported model: pseudo-random bytes, always the same. */
export function generateImages(height: number, width: number, channels: number): Omit<Golden, 'logits'> {
  const size = height * width * channels;
  const images = Math.max(1, Math.min(GOLDEN_IMAGES, Math.floor(MAX_GENERATED_BYTES / size)));
  const pixels = Uint8Array.from({ length: images * size }, (_, i) => {
    const mixed = Math.imul(i, 0x9e3779b1);
    return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 24;
  });
  return { shape: [images, height, width, channels], pixels };
}

/** Returns both golden predictions as one. Their images have the same size. */
export function joinGolden(first: Golden, second: Omit<Golden, 'shape'> | undefined): Golden {
  if (second === undefined) return first;
  const [, height, width, channels] = first.shape;
  const pixels = Buffer.concat([first.pixels, second.pixels]);
  const logits = Float32Array.from([...first.logits, ...second.logits]);
  return { shape: [pixels.length / (height * width * channels), height, width, channels], pixels, logits };
}

/** Encodes golden predictions as a safetensors file. */
export function encodeGolden({ shape, pixels, logits }: Golden): Uint8Array {
  const tensors = new Map<string, StoredTensor>([
    ['images', { dtype: 'U8', shape, bytes: pixels }],
    ['logits', { dtype: 'F32', shape: [shape[0], logits.length / shape[0]], bytes: bytesOfFloats(logits) }],
  ]);
  return Buffer.concat(encodeSafetensors(tensors, { format: 'trainyard-golden/1' }));
}

/** Decodes a file of golden predictions. Throws `internal` if it is not such a file. */
export function decodeGolden(file: Uint8Array): Golden {
  const { tensors } = decodeSafetensors(file);
  const [images, logits] = [tensors.get('images'), tensors.get('logits')];
  if (images?.shape.length !== 4 || logits === undefined)
    throw new TrainyardError('internal', 'The file contains no golden predictions.');
  return { shape: images.shape as unknown as Golden['shape'], pixels: images.bytes, logits: floatsOf(logits) };
}
