/**
 * Random resized crops (Szegedy et al. 2014, arXiv:1409.4842, §6): a random part of each image, resized to the network's input with
 * antialiasing. The resize is two matrix products per image, which also mirror it.
 */
import type { ResizedCropSpec } from '../../contracts/training/augmentation.js';
import { apply, combine, complement, reduce } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { batch, batchMatMul, cast, channels, reshape, transpose } from '../../graph/ops.js';
import type { ImageSides } from './crop-and-flip.js';
import { between, integerBelow, perImage, range } from './draws.js';

/** Part of each image, in pixels: N×1 float32 each. Integers, as torchvision draws them. */
export type Crops = Readonly<{ top: Tensor; left: Tensor; height: Tensor; width: Tensor }>;

/** 1 for each image that is mirrored and 0 for the others: N×1 float32 each. */
export type Mirrors = Readonly<{ horizontal?: Tensor | undefined; vertical?: Tensor | undefined }>;

/** Number of sizes that are drawn for an image before the fallback, as in torchvision. */
const TRIES = 10;

/**
 * Draws a part of each image of `pixels` as torchvision's RandomResizedCrop does: `scale` is the range of its share of the area, uniform;
 * `ratio` the range of width / height, uniform in the logarithm. The first of 10 sizes that fits counts. If none fits, the part is the
 * largest in the middle whose ratio is in range.
 */
export function drawCrops(pixels: Tensor, { scale, ratio }: ResizedCropSpec, name = 'augment'): Crops {
  const [, rows = 0, columns = 0] = pixels.shape;
  const draw = (what: string, [least = 0, most = 0]: readonly number[]) =>
    between(least, most, `${name}/resized-crop/${what}`, pixels, TRIES);
  const area = combine('Mul', draw('scale', scale), rows * columns);
  const aspect = apply('Exp', draw('ratio', ratio.map(Math.log)));
  const widths = apply('Round', apply('Sqrt', combine('Mul', area, aspect)));
  const heights = apply('Round', apply('Sqrt', combine('RealDiv', area, aspect)));
  const first = firstOf(combine('LogicalAnd', within(widths, columns), within(heights, rows)));
  const none = complement(reduce('Sum', first, [1]));
  const fallback = largestInRatio({ height: rows, width: columns }, ratio);
  const size = (tries: Tensor, other: number) =>
    combine('AddV2', reduce('Sum', combine('Mul', tries, first), [1]), combine('Mul', none, other));
  const [height, width] = [size(heights, fallback.height), size(widths, fallback.width)];
  const start = (what: string, total: number, length: Tensor) => {
    const free = combine('Sub', pixels.graph.constant(total, 'float32'), length);
    const drawn = apply(
      'Floor',
      combine('Mul', perImage(`${name}/resized-crop/${what}`, pixels), combine('AddV2', free, 1)),
    );
    const middle = apply('Floor', combine('Mul', free, 0.5));
    return combine('AddV2', combine('Mul', drawn, complement(none)), combine('Mul', middle, none));
  };
  return { top: start('top', rows, height), left: start('left', columns, width), height, width };
}

/** Returns whether a length is at least one pixel and at most `most`. */
const within = (length: Tensor, most: number): Tensor =>
  combine('LogicalAnd', combine('GreaterEqual', length, 1), combine('Less', length, most + 0.5));

/** Returns 1 at the first true value of each row and 0 elsewhere: N×K booleans → N×K float32. */
function firstOf(found: Tensor): Tensor {
  const count = channels(found);
  const order = found.graph.constant(
    range(count).map((index) => count - index),
    'float32',
    [1, count],
  );
  const rank = combine('Mul', cast(found, 'float32'), order);
  const isFirst = combine('Equal', rank, reduce('Max', rank, [1]));
  return cast(combine('LogicalAnd', isFirst, found), 'float32');
}

/** Returns the size of the largest part of an image whose ratio of width to height is in range. */
function largestInRatio({ height, width }: ImageSides, [least = 1, most = 1]: readonly number[]): ImageSides {
  if (width / height < least) return { width, height: Math.max(1, Math.round(width / least)) };
  if (width / height > most) return { height, width: Math.max(1, Math.round(height * most)) };
  return { height, width };
}

/** Draws whether each image is mirrored. An absent direction is not mirrored. */
export function drawMirrors(
  pixels: Tensor,
  { flip, verticalFlip = false }: Readonly<{ flip: boolean; verticalFlip?: boolean }>,
  name = 'augment',
): Mirrors {
  return {
    ...(flip && { horizontal: integerBelow(2, `${name}/flip`, pixels) }),
    ...(verticalFlip && { vertical: integerBelow(2, `${name}/vertical-flip`, pixels) }),
  };
}

/**
 * Cuts a part out of each image and resizes it, bilinearly and antialiased: N×H×W×C float32 → N×side×side×C. Equals torchvision's
 * `resized_crop` with `antialias=True`: pixels outside the part have no influence.
 */
export function resizeCrops(pixels: Tensor, crops: Crops, side: number, mirrors: Mirrors = {}): Tensor {
  const [, height = 0, width = 0, depth = 0] = pixels.shape;
  const { top, left } = crops;
  const rows = weights({ start: top, length: crops.height, total: height, side, mirror: mirrors.vertical });
  const columns = weights({ start: left, length: crops.width, total: width, side, mirror: mirrors.horizontal });
  const scaledDown = batchMatMul(rows, reshape(pixels, [batch(pixels), height, width * depth]));
  if (depth === 1) return reshape(batchMatMul(scaledDown, columns, 'second'), [batch(pixels), side, side, 1]);
  const turned = transpose(reshape(scaledDown, [batch(pixels), side, width, depth]), [0, 2, 1, 3]);
  const scaled = batchMatMul(columns, reshape(turned, [batch(pixels), width, side * depth]));
  return transpose(reshape(scaled, [batch(pixels), side, side, depth]), [0, 2, 1, 3]);
}

type Side = Readonly<{ start: Tensor; length: Tensor; total: number; side: number; mirror?: Tensor | undefined }>;

/**
 * Returns the share of each of the `total` pixels in each of the `side` new pixels: N×side×total. The filter is a triangle, as wide as two
 * new pixels, and at least as wide as two old ones. Pillow and PyTorch use the same.
 */
function weights({ start, length, total, side, mirror }: Side): Tensor {
  const { graph } = start;
  const column = (x: Tensor) => reshape(x, [batch(x), 1, 1]);
  const index = graph.constant(range(side), 'float32', [1, side, 1]);
  const place = mirror === undefined ? index : mirrored(index, column(mirror), side);
  const step = combine('Mul', column(length), 1 / side);
  const centre = combine('AddV2', combine('Mul', combine('AddV2', place, 0.5), step), column(start));
  const pixel = graph.constant(range(total), 'float32', [1, 1, total]);
  const distance = apply('Abs', combine('Sub', combine('AddV2', pixel, 0.5), centre));
  const triangle = combine('Maximum', complement(combine('RealDiv', distance, combine('Maximum', step, 1))), 0);
  const offset = combine('Sub', pixel, column(start));
  const inside = combine('LogicalAnd', combine('GreaterEqual', offset, 0), combine('Less', offset, column(length)));
  const kept = combine('Mul', triangle, cast(inside, 'float32'));
  return combine('RealDiv', kept, reduce('Sum', kept, [2]));
}

/** Returns index, or side − 1 − index for mirrored images. */
const mirrored = (index: Tensor, mirror: Tensor, side: number): Tensor => {
  const change = combine('AddV2', combine('Mul', index, -2), side - 1);
  return combine('AddV2', index, combine('Mul', mirror, change));
};
