/** Augmentation that sets parts of an image to 0: random erasing and cutout. */
import { apply, combine } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { cast, reshape } from '../../graph/ops.js';
import { type ImageSides, requireFit } from './crop-and-flip.js';
import { integerBelow, perImage, range } from './draws.js';

/** Erased share of an image's area, and smallest ratio of the sides of the rectangle (Zhong et al. 2017, §3). */
const ERASED_AREA = { least: 0.02, most: 0.33 } as const;
const LEAST_ASPECT = 0.3;

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

const round = (x: Tensor): Tensor => apply('Floor', combine('AddV2', x, 0.5));
