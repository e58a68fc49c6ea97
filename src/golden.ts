/**
 * Golden predictions: a few images and the logits that the training session answered for them in evaluation mode. Written
 * with a model at the end of its training; whoever loads the model has to reproduce them.
 */
import { TrainyardError } from './errors.js';
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
