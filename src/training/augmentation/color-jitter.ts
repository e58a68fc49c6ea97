/** Random brightness, contrast, saturation and hue (Krizhevsky et al. 2012, §4.1; torchvision's ColorJitter). */
import type { ColorJitterSpec } from '../../contracts/training/augmentation.js';
import { apply, clamp, combine, complement, reduce } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { batch, cast, channels, reshape } from '../../graph/ops.js';
import { between, perImage, range } from './draws.js';

/** Largest value of a pixel. */
export const WHITE = 255;
/** Weights of red, green and blue in the luma of ITU-R BT.601, as in torchvision. */
const LUMA = [0.2989, 0.587, 0.114];

/** The changes of colour, in the order of their indices. */
const KINDS = ['brightness', 'contrast', 'saturation', 'hue'] as const;
type Kind = (typeof KINDS)[number];
const HUE = KINDS.indexOf('hue');

/**
 * Changes of colour of each image, N×1 float32 each. The first three are factors; `hue` is a shift, in turns of the colour circle.
 * `place` has the place of each change among the four: a permutation of 0 … 3.
 */
export type ColorChange = Readonly<Record<Kind, Tensor> & { place: Readonly<Record<Kind, Tensor>> }>;

/**
 * Draws the changes as torchvision's ColorJitter does: factors uniform between 1 − x and 1 + x, at least 0; the hue between −x and x; in a
 * random order.
 */
export function drawColors(images: Tensor, spec: ColorJitterSpec, name = 'augment'): ColorChange {
  const draw = (kind: Kind, least: number, most: number) =>
    between(least, most, `${name}/color-jitter/${kind}`, images);
  const factor = (kind: 'brightness' | 'contrast' | 'saturation') =>
    draw(kind, Math.max(0, 1 - spec[kind]), 1 + spec[kind]);
  const keys = KINDS.map((kind) => perImage(`${name}/color-jitter/order/${kind}`, images));
  const placeOf = (own: Tensor): Tensor =>
    keys
      .filter((key) => key !== own)
      .map((key) => cast(combine('Less', key, own), 'float32'))
      .reduce(add);
  return {
    brightness: factor('brightness'),
    contrast: factor('contrast'),
    saturation: factor('saturation'),
    hue: draw('hue', -spec.hue, spec.hue),
    place: Object.fromEntries(KINDS.map((kind, i) => [kind, placeOf(keys[i] as Tensor)])) as Record<Kind, Tensor>,
  };
}

/**
 * Changes the colours of each image: N×H×W×C float32 from 0 to 255 → the same. Grey images have brightness and contrast alone. `hasHue`
 * says whether the hue of any image changes: it takes as long as all others.
 *
 * The hue is shifted once, and the other changes of an image come before or after it: a shift for each place would be four.
 */
export function changeColors(images: Tensor, change: ColorChange, hasHue = true): Tensor {
  const isGrey = channels(images) === 1;
  const withHue = hasHue && !isGrey;
  const before = (kind: Kind) => cast(combine('Less', change.place[kind], change.place.hue), 'float32');
  const blended = (x: Tensor, isActive: (kind: Kind) => Tensor | undefined): Tensor =>
    range(KINDS.length).reduce((image, place) => blendAt(image, change, place, isActive), x);
  if (!withHue) return blended(images, () => undefined);
  const first = blended(images, before);
  return blended(shiftHue(first, change.hue), (kind) => complement(before(kind)));
}

/** Applies the change that each image has at this place, if that change is active. A change of the hue does nothing here. */
function blendAt(
  images: Tensor,
  change: ColorChange,
  place: number,
  activeOf: (kind: Kind) => Tensor | undefined,
): Tensor {
  const isGrey = channels(images) === 1;
  const kinds = KINDS.filter((kind, index) => index !== HUE && !(isGrey && kind === 'saturation'));
  const chosen = kinds.map((kind) => {
    const isHere = cast(combine('Equal', change.place[kind], place), 'float32');
    const active = activeOf(kind);
    return { kind, share: active === undefined ? isHere : combine('Mul', isHere, active) };
  });
  const excess = chosen.map(({ kind, share }) => combine('Mul', combine('AddV2', change[kind], -1), share)).reduce(add);
  const shareOf = (kind: Kind) => chosen.find((each) => each.kind === kind)?.share;
  return blend(images, excess, { contrast: shareOf('contrast'), saturation: shareOf('saturation') });
}

type Shares = Readonly<{ contrast: Tensor | undefined; saturation: Tensor | undefined }>;

/** Returns (1 + excess) · x − excess · other, where `other` is black, the mean grey of the image or each pixel's grey. */
function blend(images: Tensor, excess: Tensor, { contrast, saturation }: Shares): Tensor {
  const grey = greyOf(images);
  const mean = contrast && combine('Mul', reduce('Mean', grey, [1, 2]), perPixel(contrast));
  const own = saturation && combine('Mul', grey, perPixel(saturation));
  const other = [mean, own].filter((part) => part !== undefined).reduce(add);
  const change = combine('Mul', combine('Sub', images, other), perPixel(excess));
  return clamp(combine('AddV2', images, change), 0, WHITE);
}

/** Returns the grey value of each pixel: N×H×W×C → N×H×W×1. */
export function greyOf(images: Tensor): Tensor {
  if (channels(images) === 1) return images;
  return reduce('Sum', combine('Mul', images, images.graph.constant(LUMA, 'float32', [1, 1, 1, 3])), [3]);
}

/** Shifts the hue of each image by `turns` of the colour circle. */
function shiftHue(images: Tensor, turns: Tensor): Tensor {
  const { graph, dtype: T, shape } = images;
  const hueOnly = graph.constant([1, 0, 0], 'float32', [1, 1, 1, 3]);
  const hsv = graph.op('RGBToHSV', [combine('Mul', images, 1 / WHITE)], { T }, shape);
  const shifted = combine('AddV2', hsv, combine('Mul', perPixel(turns), hueOnly));
  const wrapped = combine('Sub', shifted, combine('Mul', apply('Floor', shifted), hueOnly));
  return combine('Mul', graph.op('HSVToRGB', [wrapped], { T }, shape), WHITE);
}

/** N×1 → N×1×1×1. */
export const perPixel = (x: Tensor): Tensor => reshape(x, [batch(x), 1, 1, 1]);

const add = (a: Tensor, b: Tensor): Tensor => combine('AddV2', a, b);
