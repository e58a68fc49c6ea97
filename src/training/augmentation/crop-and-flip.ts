/** Augmentation that moves whole pixels: random crops with a border, and mirrors. */
import type { AugmentationSpec } from '../../contracts/training/augmentation.js';
import { TrainyardError } from '../../errors/errors.js';
import { combine } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { cast, channels } from '../../graph/ops.js';
import { padSides } from '../../graph/window.js';
import { integerBelow, range } from './draws.js';

export type ImageSides = Readonly<{ height: number; width: number }>;

/** Throws `invalid_shape` if a crop or a cutout does not fit images of this size. */
export function requireFit({ crop, cutout }: Pick<AugmentationSpec, 'crop' | 'cutout'>, image: ImageSides): void {
  const side = Math.min(image.height, image.width);
  const size = `${image.height}×${image.width}`;
  if (crop >= side) {
    throw new TrainyardError(
      'invalid_shape',
      `A crop of ${crop} pixels does not fit images of ${size}: it must be below ${side}, or nothing of an image may be left.`,
    );
  }
  if (cutout > side) {
    throw new TrainyardError(
      'invalid_shape',
      `A cutout of ${cutout} pixels does not fit images of ${size}: it may be at most ${side}.`,
    );
  }
}

/**
 * Pads images by `crop` black pixels on every side, cuts them back to their size at a random position, and mirrors half of them left to
 * right (He et al. 2015, §4.2) and half of them top to bottom: N×H×W×C → the same shape and dtype. Gathers rows and columns, so it
 * computes no new pixel values. Returns `pixels` itself if all are off.
 */
export function cropAndFlip(
  pixels: Tensor,
  { crop, flip, verticalFlip = false }: Pick<AugmentationSpec, 'crop' | 'flip' | 'verticalFlip'>,
  name = 'augment',
): Tensor {
  const [, height = 0, width = 0] = pixels.shape;
  requireFit({ crop, cutout: 0 }, { height, width });
  const columns = indicesAlong(pixels, width, { crop, flip, name: `${name}/columns`, flipName: `${name}/flip` });
  const vertical = { crop, flip: verticalFlip, name: `${name}/rows`, flipName: `${name}/vertical-flip` };
  const rows = indicesAlong(pixels, height, vertical);
  const padded = padSides(pixels, crop);
  const moved = rows === undefined ? padded : gather(padded, rows, 1);
  return columns === undefined ? moved : gather(moved, columns, 2);
}

type Move = Readonly<{ crop: number; flip: boolean; name: string; flipName: string }>;

/** Returns for each image the N×size indices of its padded rows or columns, or undefined if none moves. */
function indicesAlong(pixels: Tensor, size: number, { crop, flip, name, flipName }: Move): Tensor | undefined {
  if (crop === 0 && !flip) return undefined;
  const index = pixels.graph.constant(range(size), 'int32', [1, size]);
  const flipped = flip ? combine('AddV2', index, flipOffsets(pixels, size, flipName)) : index; // N×size
  return crop === 0 ? flipped : combine('AddV2', flipped, cast(integerBelow(2 * crop + 1, name, pixels), 'int32'));
}

/** Returns N×size offsets to the indices: for half of the images offsets that mirror the image, 0 for the others. */
function flipOffsets(pixels: Tensor, size: number, name: string): Tensor {
  const toMirror = pixels.graph.constant(
    range(size).map((index) => size - 1 - 2 * index),
    'int32',
    [1, size],
  );
  return combine('Mul', cast(integerBelow(2, name, pixels), 'int32'), toMirror);
}

/** Gathers along one dimension, with indices of its own for each image: x N×…×K×…, indices N×J → N×…×J×…. */
function gather(x: Tensor, indices: Tensor, axis: 1 | 2): Tensor {
  const { graph, dtype: Tparams } = x;
  const shape = x.shape.map((size, dimension) => (dimension === axis ? channels(indices) : size));
  const attributes = { Tparams, Tindices: 'int32', Taxis: 'int32', batch_dims: 1 } as const;
  return graph.op('GatherV2', [x, indices, graph.constant(axis, 'int32')], attributes, shape);
}
