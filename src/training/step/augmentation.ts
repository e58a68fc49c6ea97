/** Random changes of the training images inside a step: functions of the run's seed, the step and the micro batch (graph/random.ts). */
import type { AugmentationSpec } from '../../contracts/training/training-options.js';
import { TrainyardError } from '../../errors/errors.js';
import { apply, combine, mixedWithReversed } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { batch, cast, channels, dynamicShape, reshape, slice } from '../../graph/ops.js';
import { drawSeed, uniform } from '../../graph/random.js';
import { padSides } from '../../graph/window.js';

export type ImageSides = Readonly<{ height: number; width: number }>;

/** Share of an image's area that is erased, and the ratio of the rectangle's height to its width (Zhong et al. 2017, §3). */
const ERASED_AREA = { least: 0.02, most: 0.33 } as const;
const LEAST_ASPECT = 0.3;

/** Throws `invalid_shape` where a crop or a cutout does not fit images of that size. */
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
 * Images padded by `crop` black pixels on every side and cut back to their size at a random place, and half of them
 * mirrored left to right (He et al. 2015, §4.2): N×H×W×C → the same shape and dtype. Rows and columns are gathered, so
 * no pixel is computed. Returns `pixels` itself where both are off.
 */
export function cropAndFlip(
  pixels: Tensor,
  { crop, flip }: Pick<AugmentationSpec, 'crop' | 'flip'>,
  name = 'augment',
): Tensor {
  const [, height = 0, width = 0] = pixels.shape;
  requireFit({ crop, cutout: 0 }, { height, width });
  if (crop === 0 && !flip) return pixels;
  const column = pixels.graph.constant(upTo(width), 'int32', [1, width]);
  const placed = flip ? combine('AddV2', column, mirrored(pixels, width, `${name}/flip`)) : column; // N×W
  if (crop === 0) return gather(pixels, placed, 2);
  const places = 2 * crop + 1;
  const rows = combine(
    'AddV2',
    pixels.graph.constant(upTo(height), 'int32', [1, height]),
    cast(wholeBelow(places, `${name}/rows`, pixels), 'int32'),
  );
  const columns = combine('AddV2', placed, cast(wholeBelow(places, `${name}/columns`, pixels), 'int32'));
  return gather(gather(padSides(pixels, crop), rows, 1), columns, 2);
}

/** What is added to column j of an image so that it is read from the other side, or 0, each for half of the images: N×W. */
function mirrored(pixels: Tensor, width: number, name: string): Tensor {
  const toOtherSide = pixels.graph.constant(
    upTo(width).map((column) => width - 1 - 2 * column),
    'int32',
    [1, width],
  );
  return combine('Mul', cast(wholeBelow(2, name, pixels), 'int32'), toOtherSide);
}

/**
 * Sets a random rectangle of `share` of the images to 0, for which the images must have mean 0 by then (random erasing:
 * Zhong et al. 2017, arXiv:1708.04896): 2 to 33 % of the area, height over width 0.3 to 3.3 and as often below 1 as
 * above, anywhere inside the image. The paper draws again what does not fit; here only ratios that fit are drawn.
 * N×H×W×C float32 → the same shape.
 */
export function eraseRectangles(images: Tensor, share: number, name = 'augment'): Tensor {
  if (share === 0) return images;
  const [, height = 0, width = 0] = images.shape;
  const draw = (what: string) => perImage(`${name}/erasing/${what}`, images);
  const { least, most } = ERASED_AREA;
  const area = combine('AddV2', combine('Mul', draw('area'), most - least), least);
  // Between `widest` and 1 / `widest` both sides are at most the image's.
  const widest = combine('Maximum', area, LEAST_ASPECT);
  const exponent = combine('AddV2', combine('Mul', draw('aspect'), -2), 1);
  const aspect = combine('Pow', widest, exponent);
  const chosen = cast(combine('Less', draw('chosen'), share), 'float32');
  const side = (whole: number, type: 'Mul' | 'RealDiv') =>
    round(combine('Mul', apply('Sqrt', combine(type, area, aspect)), whole));
  const rows = side(height, 'Mul');
  const columns = side(width, 'RealDiv');
  const start = (what: string, whole: number, length: Tensor) =>
    apply('Floor', combine('Mul', draw(what), combine('Sub', images.graph.constant(whole + 1, 'float32'), length)));
  return blank(
    images,
    within(start('top', height, rows), combine('Mul', rows, chosen), height),
    within(start('left', width, columns), columns, width),
  );
}

/**
 * Sets a square of `side` pixels around a random pixel of each image to 0; what lies beyond the border is cut off
 * (DeVries & Taylor 2017, arXiv:1708.04552). `side` is in pixels of `source`, the images as the data set has them; of the images here it is
 * at least one.
 * N×H×W×C float32 → the same shape.
 */
export function cutOut(images: Tensor, side: number, source: ImageSides, name = 'augment'): Tensor {
  requireFit({ crop: 0, cutout: side }, source);
  if (side === 0) return images;
  const [, height = 0, width = 0] = images.shape;
  const range = (what: string, whole: number, length: number) => {
    const centre = wholeBelow(whole, `${name}/cutout/${what}`, images);
    return within(combine('AddV2', centre, -Math.floor(length / 2)), length, whole);
  };
  const scaled = (whole: number, of: number) => Math.max(1, Math.round((side * whole) / of));
  const rows = range('row', height, scaled(height, source.height));
  return blank(images, rows, range('column', width, scaled(width, source.width)));
}

/**
 * Each image mixed with its partner, the one at the same place from the end of the batch (Zhang et al. 2017,
 * arXiv:1710.09412): `images` = share · image + (1 − share) · partner. `share` is max(λ, 1 − λ) with λ ~ Beta(alpha,
 * alpha), one float32 scalar for each step: which of two images counts more is chance already. Labels are mixed alike.
 */
export function mixup(images: Tensor, alpha: number, name = 'augment'): Readonly<{ images: Tensor; share: Tensor }> {
  const share = betaShare(images, alpha, `${name}/mixup`);
  return { images: mixedWithReversed(images, share), share };
}

/** A factor that leaves the logarithm of a float32 finite; at an `alpha` as small λ is 0 or 1. */
const LARGEST = 1e30;

/**
 * max(λ, 1 − λ) with λ ~ Beta(alpha, alpha), a scalar. λ is a share of two Gamma(alpha) numbers, and those are
 * Gamma(alpha + 1) · U^(1/alpha); by their logarithms, as for a small alpha both would be 0 in float32.
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
    return combine('AddV2', apply('Log', gamma), combine('Mul', apply('Log', above0), Math.min(1 / alpha, LARGEST)));
  };
  return apply('Sigmoid', apply('Abs', combine('Sub', logGamma('first'), logGamma('second'))));
}

/** x with 0 where both its row and its column are 1 in `rows` (N×H) and `columns` (N×W). */
function blank(x: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [, height = 0, width = 0] = x.shape;
  const inside = combine('Mul', reshape(rows, [-1, height, 1, 1]), reshape(columns, [-1, 1, width, 1]));
  return combine('Mul', x, combine('Sub', x.graph.constant(1, 'float32'), inside));
}

/** 1 from `start` (N×1) for `length` places, 0 elsewhere: N×whole. */
function within(start: Tensor, length: Tensor | number, whole: number): Tensor {
  const { graph } = start;
  const place = combine('Sub', graph.constant(upTo(whole), 'float32', [1, whole]), start);
  return cast(combine('LogicalAnd', combine('GreaterEqual', place, 0), combine('Less', place, length)), 'float32');
}

/** A number from 0 to below 1 for each image of `x`: N×1. */
function perImage(name: string, x: Tensor): Tensor {
  const { graph } = x;
  const one = graph.constant([1], 'int32');
  const inputs = [slice(dynamicShape(x), [0], [1]), one, graph.constant(0, 'int32')];
  return uniform(name, graph.op('ConcatV2', inputs, { T: 'int32', N: 2, Tidx: 'int32' }, [2]), [batch(x), 1]);
}

/** A whole number from 0 to below `bound` (at most a few thousand) for each image of `x`: N×1, float32. */
const wholeBelow = (bound: number, name: string, x: Tensor): Tensor =>
  apply('Floor', combine('Mul', perImage(name, x), bound));

const round = (x: Tensor): Tensor => apply('Floor', combine('AddV2', x, 0.5));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** For each image its own choice along one dimension: x N×…×K×…, indices N×J → N×…×J×…. */
function gather(x: Tensor, indices: Tensor, axis: 1 | 2): Tensor {
  const { graph, dtype: Tparams } = x;
  const shape = x.shape.map((size, dimension) => (dimension === axis ? channels(indices) : size));
  const attributes = { Tparams, Tindices: 'int32', Taxis: 'int32', batch_dims: 1 } as const;
  return graph.op('GatherV2', [x, indices, graph.constant(axis, 'int32')], attributes, shape);
}
