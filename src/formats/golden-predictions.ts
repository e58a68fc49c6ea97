/**
 * Golden predictions: a few images and the logits that the training session answered for them in evaluation mode. Written
 * with a model at the end of its training, or when it is imported; whoever loads the model has to reproduce them.
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

/** Images whose predictions are kept. */
export const GOLDEN_IMAGES = 4;

/** Of images that are made up, at most so many bytes are kept. */
const MADE_UP_BYTES = 2 ** 22;

/** Images for a model that comes without any: bytes without a pattern, always the same. */
export function madeUpImages(height: number, width: number, channels: number): Omit<Golden, 'logits'> {
  const size = height * width * channels;
  const images = Math.max(1, Math.min(GOLDEN_IMAGES, Math.floor(MADE_UP_BYTES / size)));
  const pixels = Uint8Array.from({ length: images * size }, (_, i) => {
    const mixed = Math.imul(i, 0x9e3779b1);
    return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77) >>> 24;
  });
  return { shape: [images, height, width, channels], pixels };
}

export function encodeGolden({ shape, pixels, logits }: Golden): Uint8Array {
  const tensors = new Map<string, StoredTensor>([
    ['images', { dtype: 'U8', shape, bytes: pixels }],
    ['logits', { dtype: 'F32', shape: [shape[0], logits.length / shape[0]], bytes: bytesOfFloats(logits) }],
  ]);
  return Buffer.concat(encodeSafetensors(tensors, { format: 'trainyard-golden/1' }));
}

/** Throws `internal` where the file is not one of golden predictions. */
export function decodeGolden(file: Uint8Array): Golden {
  const { tensors } = decodeSafetensors(file);
  const [images, logits] = [tensors.get('images'), tensors.get('logits')];
  if (images?.shape.length !== 4 || logits === undefined)
    throw new TrainyardError('internal', 'The file holds no golden predictions.');
  return { shape: images.shape as unknown as Golden['shape'], pixels: images.bytes, logits: floatsOf(logits) };
}
