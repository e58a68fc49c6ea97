/**
 * Automatic augmentation: operations of random strength in place of a search for the best ones. TrivialAugmentWide (Müller & Hutter 2021,
 * arXiv:2103.10158) draws one for each image, RandAugment (Cubuk et al. 2019, arXiv:1909.13719) several of the same strength.
 */
import type { RandAugmentSpec } from '../../contracts/training/augmentation.js';
import { apply, clamp, combine } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { cast } from '../../graph/ops.js';
import { WHITE } from './color-jitter.js';
import { integerBelow, range } from './draws.js';
import { applyOperations, type ChosenOperation, OPERATIONS, type Operation } from './image-operations.js';

/** Number of strengths of each operation, as in torchvision. */
const STRENGTHS = 31;
const LAST = STRENGTHS - 1;

/** Operations whose magnitude is negative for half of the images. */
const SIGNED: ReadonlySet<Operation> = new Set([
  ...(['shearX', 'shearY', 'translateX', 'translateY', 'rotate'] as const),
  ...(['brightness', 'color', 'contrast', 'sharpness'] as const),
]);

/** Magnitudes of the largest strength. `posterize`: the bits that are lost. */
type Largest = Readonly<{
  shear: number;
  translate: readonly [x: number, y: number];
  rotate: number;
  blend: number;
  posterize: number;
}>;

const WIDE: Largest = { shear: 0.99, translate: [32, 32], rotate: 135, blend: 0.99, posterize: 6 };

/** Translations of RandAugment are shares of the side: 150 of the 331 pixels of the paper. */
const randAugmentAt = (height: number, width: number): Largest => ({
  ...{ shear: 0.3, rotate: 30, blend: 0.9, posterize: 4 },
  translate: [(150 / 331) * width, (150 / 331) * height],
});

/** Returns the magnitude of an operation at a strength, 0 – 30. */
function magnitudeAt(operation: Operation, strength: number, largest: Largest): number {
  const share = strength / LAST;
  switch (operation) {
    case 'shearX':
    case 'shearY':
      return largest.shear * share;
    case 'translateX':
      return wholePart(largest.translate[0], strength);
    case 'translateY':
      return wholePart(largest.translate[1], strength);
    case 'rotate':
      return largest.rotate * share;
    case 'brightness':
    case 'color':
    case 'contrast':
    case 'sharpness':
      return largest.blend * share;
    case 'posterize':
      return Math.round(8 - largest.posterize * share);
    case 'solarize':
      return 1 - share;
    default:
      return 0;
  }
}

/**
 * Returns largest · strength / 30 without its fraction. Rounds to float32 as `torch.linspace` does, from the nearer end: 32 · 15 / 30 is
 * a little less than 16 there, so that the translation is 15.
 */
function wholePart(largest: number, strength: number): number {
  const step = Math.fround(largest / LAST);
  const isUpper = strength >= STRENGTHS >> 1;
  return Math.trunc(Math.fround(isUpper ? largest - step * (LAST - strength) : step * strength));
}

/** Applies TrivialAugmentWide to each image: N×side×side×C float32 from 0 to 255 → whole numbers from 0 to 255. */
export function trivialAugmentWide(images: Tensor, name = 'augment'): Tensor {
  return applyOperations(wholePixels(images), drawTrivialAugment(images, name));
}

/** Applies RandAugment to each image. */
export function randAugment(images: Tensor, spec: RandAugmentSpec, name = 'augment'): Tensor {
  return range(spec.operations).reduce(
    (image, index) => applyOperations(image, drawRandAugment(images, spec.magnitude, `${name}/rand-augment/${index}`)),
    wholePixels(images),
  );
}

const wholePixels = (images: Tensor): Tensor => clamp(apply('Round', images), 0, WHITE);

/** Draws one of the 14 operations, one of 31 strengths and a sign for each image, each equally likely. */
export function drawTrivialAugment(images: Tensor, name = 'augment'): ChosenOperation {
  const strength = integerBelow(STRENGTHS, `${name}/trivial-augment/strength`, images);
  return draw(images, strength, WIDE, `${name}/trivial-augment`);
}

/** Draws one of the 14 operations and a sign for each image. `magnitude` is the strength, 0 – 30. */
export function drawRandAugment(images: Tensor, magnitude: number, name: string): ChosenOperation {
  const [, height = 0, width = 0] = images.shape;
  const strength = images.graph.constant(magnitude, 'float32', [1, 1]);
  return draw(images, strength, randAugmentAt(height, width), name);
}

function draw(images: Tensor, strength: Tensor, largest: Largest, name: string): ChosenOperation {
  const operation = integerBelow(OPERATIONS.length, `${name}/operation`, images);
  const place = cast(combine('AddV2', combine('Mul', operation, STRENGTHS), strength), 'int32');
  const isNegative = combine('Mul', integerBelow(2, `${name}/sign`, images), lookedUp(place, signs()));
  const sign = combine('AddV2', combine('Mul', isNegative, -2), 1);
  return { operation, magnitude: combine('Mul', lookedUp(place, magnitudes(largest)), sign) };
}

/** Returns the magnitude of each operation at each strength: 14 × 31 numbers. */
const magnitudes = (largest: Largest): number[] =>
  OPERATIONS.flatMap((operation) => range(STRENGTHS).map((strength) => magnitudeAt(operation, strength, largest)));

/** Returns 1 for signed operations and 0 for the others, for each strength. */
const signs = (): number[] =>
  OPERATIONS.flatMap((operation) => new Array<number>(STRENGTHS).fill(SIGNED.has(operation) ? 1 : 0));

function lookedUp(places: Tensor, table: readonly number[]): Tensor {
  const { graph } = places;
  const attributes = { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32', batch_dims: 0 } as const;
  const inputs = [graph.constant(table, 'float32', [table.length]), places, graph.constant(0, 'int32')];
  return graph.op('GatherV2', inputs, attributes, places.shape, { dtype: 'float32' });
}
