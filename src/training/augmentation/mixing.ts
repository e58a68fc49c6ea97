/** Augmentation that mixes pairs of images: mixup and CutMix. */
import { apply, choose, clamp, combine, complement, mixedWithReversed, reduce } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { cast, reshape } from '../../graph/ops.js';
import { drawSeed, uniform } from '../../graph/random.js';
import { range } from './draws.js';

/**
 * Mixup (Zhang et al. 2017, arXiv:1710.09412): mixes each image with its partner, the image at the same distance from the end of
 * the batch: `images` = share · image + (1 − share) · partner. `share` is max(λ, 1 − λ) with λ ~ Beta(alpha, alpha), one float32
 * scalar for each step. The order of the batch is random, so the maximum loses nothing. Labels are mixed alike.
 */
export function mixup(images: Tensor, alpha: number, name = 'augment'): Readonly<{ images: Tensor; share: Tensor }> {
  const share = mixupShare(images, alpha, name);
  return { images: mixedWithReversed(images, share), share };
}

const mixupShare = (images: Tensor, alpha: number, name: string): Tensor =>
  apply('Sigmoid', apply('Abs', betaLogit(images, alpha, `${name}/mixup`)));

/** The box of a CutMix step, in pixels: float32 scalars. Rows from `top` to below `bottom`, columns from `left` to below `right`. */
export type Box = Readonly<{ top: Tensor; bottom: Tensor; left: Tensor; right: Tensor }>;

/**
 * Draws a box as CutMix does (Yun et al. 2019, arXiv:1905.04899), with λ ~ Beta(alpha, alpha). Each side of the box is √(1 − λ) times the
 * side of the image. The centre is uniform. The part beyond the border is cut off.
 */
export function drawBox(images: Tensor, alpha: number, name = 'augment'): Box {
  const { graph } = images;
  const [, height = 0, width = 0] = images.shape;
  const rest = complement(apply('Sigmoid', betaLogit(images, alpha, `${name}/cutmix`)));
  const half = combine('Mul', apply('Sqrt', rest), 0.5);
  const sides = (what: string, size: number): readonly [Tensor, Tensor] => {
    const drawn = uniform(`${name}/cutmix/${what}`, graph.constant([], 'int32', [0]), []);
    const centre = apply('Floor', combine('Mul', drawn, size));
    const length = apply('Floor', combine('Mul', half, size));
    return [clamp(combine('Sub', centre, length), 0, size), clamp(combine('AddV2', centre, length), 0, size)];
  };
  const [[top, bottom], [left, right]] = [sides('row', height), sides('column', width)];
  return { top, bottom, left, right };
}

/** Returns 0 within the box and 1 elsewhere: 1×H×W×1 float32. */
export function outsideOf({ top, bottom, left, right }: Box, height: number, width: number): Tensor {
  const along = (from: Tensor, to: Tensor, size: number, shape: readonly number[]): Tensor => {
    const index = from.graph.constant(range(size), 'float32', [size]);
    const inside = combine('LogicalAnd', combine('GreaterEqual', index, from), combine('Less', index, to));
    return reshape(cast(inside, 'float32'), shape);
  };
  const rows = along(top, bottom, height, [1, height, 1, 1]);
  return complement(combine('Mul', rows, along(left, right, width, [1, 1, width, 1])));
}

export type Mixing = Readonly<{ mixup: number; cutmix?: number | undefined }>;

/**
 * CutMix (Yun et al. 2019, arXiv:1905.04899): replaces a box in each image by that of its partner, as `mixup` pairs them. `share` is the
 * part of the image that stays its own. With a `mixup` above 0, each step does one or the other with equal probability, as torchvision's
 * reference does. Returns `images` alone if both are 0.
 */
export function mixImages(
  images: Tensor,
  { mixup: mixupAlpha, cutmix = 0 }: Mixing,
  name = 'augment',
): Readonly<{ images: Tensor; share?: Tensor }> {
  if (cutmix === 0) return mixupAlpha === 0 ? { images } : mixup(images, mixupAlpha, name);
  const [, height = 0, width = 0] = images.shape;
  const outside = outsideOf(drawBox(images, cutmix, name), height, width);
  const kept = mixupAlpha === 0 ? outside : chooseMixup(outside, mixupShare(images, mixupAlpha, name), name);
  return { images: mixedWithReversed(images, kept), share: reshape(reduce('Mean', kept, [0, 1, 2, 3]), []) };
}

/** Returns the same share for all pixels in half of the steps, and the mask of CutMix in the others. */
function chooseMixup(outside: Tensor, share: Tensor, name: string): Tensor {
  const drawn = uniform(`${name}/mixup-or-cutmix`, outside.graph.constant([], 'int32', [0]), []);
  return choose(combine('Less', drawn, 0.5), share, outside);
}

/** Largest factor that keeps the logarithm of a float32 finite. For so small an `alpha` λ is 0 or 1. */
const LARGEST_FACTOR = 1e30;

/**
 * Draws the logit of λ ~ Beta(alpha, alpha), a scalar. λ = g₁ / (g₁ + g₂) for two Gamma(alpha) numbers, and Gamma(alpha) is
 * Gamma(alpha + 1) · U^(1/alpha). Computes with logarithms: for a small alpha both numbers would be 0 in float32.
 */
function betaLogit({ graph }: Tensor, alpha: number, name: string): Tensor {
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
  return combine('Sub', logGamma('first'), logGamma('second'));
}
