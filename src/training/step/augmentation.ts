/**
 * Augmentation: random changes to the training images within a step. The draws depend on the run's seed, the step and the micro
 * batch alone (graph/random.ts).
 */
import type { AugmentationSpec } from '../../contracts/training/training-options.js';
import { TrainyardError } from '../../errors/errors.js';
import { apply, combine, mixedWithReversed } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { batch, cast, channels, dynamicShape, reshape, slice } from '../../graph/ops.js';
import { drawSeed, uniform } from '../../graph/random.js';
import { padSides } from '../../graph/window.js';

export type ImageSides = Readonly<{ height: number; width: number }>;

/** Erased share of an image's area, and smallest ratio of the sides of the rectangle (Zhong et al. 2017, §3). */
const ERASED_AREA = { least: 0.02, most: 0.33 } as const;
const LEAST_ASPECT = 0.3;

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
 * Pads images by `crop` black pixels on every side, cuts them back to their size at a random position, and mirrors half of them
 * left to right (He et al. 2015, §4.2): N×H×W×C → the same shape and dtype. Gathers rows and columns, so it computes no new pixel
 * values. Returns `pixels` itself if both are off.
 */
export function cropAndFlip(
  pixels: Tensor,
  { crop, flip }: Pick<AugmentationSpec, 'crop' | 'flip'>,
  name = 'augment',
): Tensor {
  const [, height = 0, width = 0] = pixels.shape;
  requireFit({ crop, cutout: 0 }, { height, width });
  if (crop === 0 && !flip) return pixels;
  const column = pixels.graph.constant(range(width), 'int32', [1, width]);
  const flipped = flip ? combine('AddV2', column, flipOffsets(pixels, width, `${name}/flip`)) : column; // N×W
  if (crop === 0) return gather(pixels, flipped, 2);
  const positions = 2 * crop + 1;
  const rows = combine(
    'AddV2',
    pixels.graph.constant(range(height), 'int32', [1, height]),
    cast(integerBelow(positions, `${name}/rows`, pixels), 'int32'),
  );
  const columns = combine('AddV2', flipped, cast(integerBelow(positions, `${name}/columns`, pixels), 'int32'));
  return gather(gather(padSides(pixels, crop), rows, 1), columns, 2);
}

/** Returns N×W offsets to the column indices: for half of the images those that mirror the image, 0 for the others. */
function flipOffsets(pixels: Tensor, width: number, name: string): Tensor {
  const toMirror = pixels.graph.constant(
    range(width).map((column) => width - 1 - 2 * column),
    'int32',
    [1, width],
  );
  return combine('Mul', cast(integerBelow(2, name, pixels), 'int32'), toMirror);
}

/**
 * Random erasing (Zhong et al. 2017, arXiv:1708.04896): sets a random rectangle to 0 in `share` of the images. The images must
 * have mean 0. The rectangle has 2 to 33 % of the area, a ratio of height to width of 0.3 to 3.3, below 1 as often as above, and
 * lies anywhere inside the image. The paper draws again if the rectangle does not fit; here only ratios that fit are drawn.
 * N×H×W×C float32 → the same shape.
 */
export function eraseRectangles(images: Tensor, share: number, name = 'augment'): Tensor {
  if (share === 0) return images;
  const [, height = 0, width = 0] = images.shape;
  const draw = (what: string) => perImage(`${name}/erasing/${what}`, images);
  const { least, most } = ERASED_AREA;
  const area = combine('AddV2', combine('Mul', draw('area'), most - least), least);
  // Ratios between `extreme` and 1 / `extreme` keep both sides within the image.
  const extreme = combine('Maximum', area, LEAST_ASPECT);
  const exponent = combine('AddV2', combine('Mul', draw('aspect'), -2), 1);
  const aspect = combine('Pow', extreme, exponent);
  const chosen = cast(combine('Less', draw('chosen'), share), 'float32');
  const side = (size: number, type: 'Mul' | 'RealDiv') =>
    round(combine('Mul', apply('Sqrt', combine(type, area, aspect)), size));
  const rows = side(height, 'Mul');
  const columns = side(width, 'RealDiv');
  const start = (what: string, size: number, length: Tensor) =>
    apply('Floor', combine('Mul', draw(what), combine('Sub', images.graph.constant(size + 1, 'float32'), length)));
  return setToZero(
    images,
    indicator(start('top', height, rows), combine('Mul', rows, chosen), height),
    indicator(start('left', width, columns), columns, width),
  );
}

/**
 * Cutout (DeVries & Taylor 2017, arXiv:1708.04552): sets a square of `side` pixels around a random pixel of each image to 0. The
 * part beyond the border is cut off. `side` is in pixels of `source`, the size before the resize; after it at least one pixel.
 * N×H×W×C float32 → the same shape.
 */
export function cutOut(images: Tensor, side: number, source: ImageSides, name = 'augment'): Tensor {
  requireFit({ crop: 0, cutout: side }, source);
  if (side === 0) return images;
  const [, height = 0, width = 0] = images.shape;
  const squareAlong = (what: string, size: number, length: number) => {
    const centre = integerBelow(size, `${name}/cutout/${what}`, images);
    return indicator(combine('AddV2', centre, -Math.floor(length / 2)), length, size);
  };
  const scaled = (size: number, sourceSize: number) => Math.max(1, Math.round((side * size) / sourceSize));
  const rows = squareAlong('row', height, scaled(height, source.height));
  return setToZero(images, rows, squareAlong('column', width, scaled(width, source.width)));
}

/**
 * Mixup (Zhang et al. 2017, arXiv:1710.09412): mixes each image with its partner, the image at the same distance from the end of
 * the batch: `images` = share · image + (1 − share) · partner. `share` is max(λ, 1 − λ) with λ ~ Beta(alpha, alpha), one float32
 * scalar for each step. The order of the batch is random, so the maximum loses nothing. Labels are mixed alike.
 */
export function mixup(images: Tensor, alpha: number, name = 'augment'): Readonly<{ images: Tensor; share: Tensor }> {
  const share = betaShare(images, alpha, `${name}/mixup`);
  return { images: mixedWithReversed(images, share), share };
}

/** Largest factor that keeps the logarithm of a float32 finite. For so small an `alpha` λ is 0 or 1. */
const LARGEST_FACTOR = 1e30;

/**
 * Draws max(λ, 1 − λ) with λ ~ Beta(alpha, alpha), a scalar. λ = g₁ / (g₁ + g₂) for two Gamma(alpha) numbers, and Gamma(alpha) is
 * Gamma(alpha + 1) · U^(1/alpha). Computes with logarithms: for a small alpha both numbers would be 0 in float32.
 */
function betaShare({ graph }: Tensor, alpha: number, name: string): Tensor {
  const logGamma = (which: string): Tensor => {
    const scalar = graph.constant([], 'int32', [0]);
    const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' } as const;
    const shape = graph.constant(alpha + 1, 'float32');
    const gamma = graph.op(
      'StatelessRandomGammaV2',
      [scalar, drawSeed(graph, `${name}/gamma/${which}`), shape],
      attributes,
      [],
      { dtype: 'float32' },
    );
    const above0 = combine('Sub', graph.constant(1, 'float32'), uniform(`${name}/uniform/${which}`, scalar, []));
    const exponent = Math.min(1 / alpha, LARGEST_FACTOR);
    return combine('AddV2', apply('Log', gamma), combine('Mul', apply('Log', above0), exponent));
  };
  return apply('Sigmoid', apply('Abs', combine('Sub', logGamma('first'), logGamma('second'))));
}

/** Sets x to 0 wherever both its row in `rows` (N×H) and its column in `columns` (N×W) are 1. */
function setToZero(x: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [, height = 0, width = 0] = x.shape;
  const inside = combine('Mul', reshape(rows, [-1, height, 1, 1]), reshape(columns, [-1, 1, width, 1]));
  return combine('Mul', x, combine('Sub', x.graph.constant(1, 'float32'), inside));
}

/** Returns N×size numbers: 1 from `start` (N×1) on for `length` positions, 0 elsewhere. */
function indicator(start: Tensor, length: Tensor | number, size: number): Tensor {
  const { graph } = start;
  const offset = combine('Sub', graph.constant(range(size), 'float32', [1, size]), start);
  return cast(combine('LogicalAnd', combine('GreaterEqual', offset, 0), combine('Less', offset, length)), 'float32');
}

/** Draws a number in [0, 1) for each image of `x`: N×1. */
function perImage(name: string, x: Tensor): Tensor {
  const { graph } = x;
  const one = graph.constant([1], 'int32');
  const inputs = [slice(dynamicShape(x), [0], [1]), one, graph.constant(0, 'int32')];
  return uniform(name, graph.op('ConcatV2', inputs, { T: 'int32', N: 2, Tidx: 'int32' }, [2]), [batch(x), 1]);
}

/** Draws an integer from 0 to below `bound`, at most a few thousand, for each image of `x`: N×1, float32. */
const integerBelow = (bound: number, name: string, x: Tensor): Tensor =>
  apply('Floor', combine('Mul', perImage(name, x), bound));

const round = (x: Tensor): Tensor => apply('Floor', combine('AddV2', x, 0.5));

/** Returns 0 … count − 1. */
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Gathers along one dimension, with indices of its own for each image: x N×…×K×…, indices N×J → N×…×J×…. */
function gather(x: Tensor, indices: Tensor, axis: 1 | 2): Tensor {
  const { graph, dtype: Tparams } = x;
  const shape = x.shape.map((size, dimension) => (dimension === axis ? channels(indices) : size));
  const attributes = { Tparams, Tindices: 'int32', Taxis: 'int32', batch_dims: 1 } as const;
  return graph.op('GatherV2', [x, indices, graph.constant(axis, 'int32')], attributes, shape);
}
