/** From pixels to the network's input: one definition for training, serving and the manifest. */
import type { Preprocessing } from '../contracts/model.js';
import type { Tensor } from '../graph/graph.js';
import { cast, resize, scale } from '../graph/ops.js';
import type { ImageSize } from '../networks/index.js';

/** Bytes become numbers from 0 to 1. */
export const PIXEL_SCALE = 1 / 255;

/** N×h×w×C bytes → N×side×side×C in [0, 1]: bilinear resize, then division by 255. */
export function networkInput(pixels: Tensor, side: number): Tensor {
  return scale(resize(cast(pixels, 'float32'), side, side), PIXEL_SCALE);
}

/** What the manifest tells a predictor about `networkInput`, and about what comes before it. */
export function describePreprocessing({ height, width, channels }: ImageSize, side: number): Preprocessing {
  if (channels !== 1 && channels !== 3) throw new RangeError(`Images have 1 or 3 channels, not ${channels}.`);
  return { height, width, channels, fit: 'contain', background: 0, scale: PIXEL_SCALE, resize: side };
}
