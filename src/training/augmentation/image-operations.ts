/**
 * The fourteen operations of TrivialAugmentWide and RandAugment, applied in one pass: each image has an operation and a magnitude of its
 * own. Every step below is the identity for images with another operation.
 *
 * Pixels are whole numbers from 0 to 255 after each step, rounded as torchvision's transforms for bytes round.
 */
import { apply, choose, clamp, combine, complement, reduce } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { batch, cast, channels, dynamicShape, pad, reshape, slice } from '../../graph/ops.js';
import { nhwc, padSides } from '../../graph/window.js';
import { greyOf, perPixel, WHITE } from './color-jitter.js';
import { range } from './draws.js';
import { type InverseMatrix, warp } from './warp.js';

/** The operations in the order of their indices. */
export const OPERATIONS = [
  'identity',
  'shearX',
  'shearY',
  'translateX',
  'translateY',
  'rotate',
  'brightness',
  'color',
  'contrast',
  'sharpness',
  'posterize',
  'solarize',
  'autoContrast',
  'equalize',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * Operation of each image, by its index, and its magnitude: N×1 float32 each. Units: shears as a slope; translations in whole pixels; the
 * rotation in degrees to the left; brightness, color, contrast and sharpness as the factor less 1; posterize in bits that stay; solarize
 * as the threshold from 0 to 1. The other operations have no magnitude.
 */
export type ChosenOperation = Readonly<{ operation: Tensor; magnitude: Tensor }>;

/** Number of values of a pixel. */
const LEVELS = 256;

/** Applies one operation to each image: N×H×W×C float32 whole numbers from 0 to 255 → the same. */
export function applyOperations(images: Tensor, chosen: ChosenOperation): Tensor {
  const moved = apply('Round', warp(images, matrixOf(images, chosen)));
  const toned = lookUp(moved, toneCurves(moved, chosen));
  return blendWithOthers(toned, chosen);
}

/** Returns 1 for images with one of these operations and 0 for the others: N×1 float32. */
const has = ({ operation }: ChosenOperation, ...names: readonly Operation[]): Tensor =>
  names
    .map((name) => cast(combine('Equal', operation, OPERATIONS.indexOf(name)), 'float32'))
    .reduce((sum, next) => combine('AddV2', sum, next));

/** Returns the magnitude of images with one of these operations and 0 for the others. */
const magnitudeOf = (chosen: ChosenOperation, ...names: readonly Operation[]): Tensor =>
  combine('Mul', chosen.magnitude, has(chosen, ...names));

/** Returns the matrices of shears about the upper left corner, translations by whole pixels, and rotations about the centre. */
function matrixOf(images: Tensor, chosen: ChosenOperation): InverseMatrix {
  const [, height = 0, width = 0] = images.shape;
  const angle = combine('Mul', magnitudeOf(chosen, 'rotate'), Math.PI / 180);
  const [cosine, sine] = [apply('Cos', angle), apply('Sin', angle)];
  const [shearX, shearY] = [magnitudeOf(chosen, 'shearX'), magnitudeOf(chosen, 'shearY')];
  const centre = [(width - 1) / 2, (height - 1) / 2] as const;
  const lost = complement(cosine);
  const offsetX = combine('AddV2', combine('Mul', lost, centre[0]), combine('Mul', sine, centre[1]));
  const offsetY = combine('Sub', combine('Mul', lost, centre[1]), combine('Mul', sine, centre[0]));
  return [
    [cosine, combine('Sub', shearX, sine), moveBack(offsetX, shearX, magnitudeOf(chosen, 'translateX'))],
    [combine('AddV2', shearY, sine), cosine, moveBack(offsetY, shearY, magnitudeOf(chosen, 'translateY'))],
  ];
}

/** Returns the offset of a coordinate. The corner of an image is half a pixel before the first pixel. */
const moveBack = (rotated: Tensor, shear: Tensor, translation: Tensor): Tensor =>
  combine('Sub', combine('AddV2', rotated, combine('Mul', shear, 0.5)), translation);

/**
 * Returns the new value of each old one, for each channel of each image: N×C×256. Brightness, contrast, posterize, solarize, autoContrast
 * and equalize map each value of a channel to one value.
 */
function toneCurves(images: Tensor, chosen: ChosenOperation): Tensor {
  const column = (x: Tensor) => reshape(x, [batch(x), 1, 1]);
  const levels = images.graph.constant(range(LEVELS), 'float32', [1, 1, LEVELS]);
  const mean = reshape(reduce('Mean', apply('Floor', greyOf(images)), [1, 2]), [batch(images), 1]);
  const excess = magnitudeOf(chosen, 'brightness', 'contrast');
  const offset = combine('Mul', combine('Mul', mean, magnitudeOf(chosen, 'contrast')), -1);
  const blended = combine('AddV2', combine('Mul', levels, combine('AddV2', column(excess), 1)), column(offset));
  const posterized = posterize(floored(blended), column(lostLevels(chosen)));
  const threshold = combine('Mul', chosen.magnitude, WHITE);
  const inactive = combine('Mul', complement(has(chosen, 'solarize')), LEVELS);
  const bound = column(combine('AddV2', combine('Mul', threshold, has(chosen, 'solarize')), inactive));
  const inverted = combine('AddV2', combine('Mul', posterized, -1), WHITE);
  const solarized = choose(combine('GreaterEqual', posterized, bound), inverted, posterized);
  const stretched = stretch(images, solarized, column(has(chosen, 'autoContrast')));
  return equalized(images, stretched, column(has(chosen, 'equalize')));
}

/** Returns x limited to the values of a pixel, without its fraction. */
const floored = (x: Tensor): Tensor => apply('Floor', clamp(x, 0, WHITE));

/** Returns the number of pixel values that posterize merges into one: 2 ^ (8 − bits), 1 for other operations. */
function lostLevels(chosen: ChosenOperation): Tensor {
  const bits = combine('AddV2', combine('Mul', chosen.magnitude, -1), Math.log2(LEVELS));
  return combine('Pow', chosen.magnitude.graph.constant(2, 'float32'), combine('Mul', bits, has(chosen, 'posterize')));
}

const posterize = (x: Tensor, lost: Tensor): Tensor =>
  combine('Mul', apply('Floor', combine('RealDiv', x, lost)), lost);

/** Maps the smallest value of each channel to 0 and the largest to 255. A channel of one value stays. */
function stretch(images: Tensor, curves: Tensor, isActive: Tensor): Tensor {
  const extreme = (type: 'Min' | 'Max') => perChannel(reduce(type, images, [1, 2]));
  const [least, most] = [extreme('Min'), extreme('Max')];
  const width = combine('Sub', most, least);
  const stays = combine('Less', combine('Mul', width, isActive), 0.5);
  const factor = combine('RealDiv', combine('Mul', combine('Sub', curves, least), WHITE), combine('Maximum', width, 1));
  return choose(stays, curves, floored(factor));
}

/** Gives each value of a channel about the same share of the image, by the rule of Pillow's `equalize`. */
function equalized(images: Tensor, curves: Tensor, isActive: Tensor): Tensor {
  const largest = reduce('Max', images, [1, 2]);
  const below = reduce('Sum', cast(combine('Less', images, largest), 'float32'), [1, 2]);
  const step = apply('Floor', combine('RealDiv', perChannel(below), WHITE));
  const half = apply('Floor', combine('Mul', step, 0.5));
  const smaller = cumulate(histogram(images));
  const rank = apply('Floor', combine('RealDiv', combine('AddV2', smaller, half), combine('Maximum', step, 1)));
  const isUsed = combine('GreaterEqual', combine('Mul', step, isActive), 1);
  return choose(isUsed, clamp(rank, 0, WHITE), curves);
}

/** N×1×1×C → N×C×1. */
const perChannel = (x: Tensor): Tensor => reshape(x, [batch(x), channels(x), 1]);

/** Returns the number of pixels with each value: N×H×W×C → N×C×256. */
function histogram(images: Tensor): Tensor {
  const { graph } = images;
  const depth = channels(images);
  const slots = combine('AddV2', cast(images, 'int32'), curveStarts(images));
  const ones = combine('AddV2', combine('Mul', images, 0), 1);
  const count = reshape(slice(dynamicShape(images), [0], [1]), []);
  const size = combine('Mul', count, graph.constant(depth * LEVELS, 'int32', []));
  const attributes = { T: 'float32', Tindices: 'int32', Tnumsegments: 'int32' } as const;
  const counts = graph.op('UnsortedSegmentSum', [ones, slots, size], attributes, [-1]);
  return reshape(counts, [-1, depth, LEVELS]);
}

/** Returns the sum of all values before each one, along the last dimension. */
function cumulate(counts: Tensor): Tensor {
  const attributes = { T: 'float32', Tidx: 'int32', exclusive: true, reverse: false } as const;
  return counts.graph.op('Cumsum', [counts, counts.graph.constant(2, 'int32')], attributes, counts.shape);
}

/** Replaces each value by that of its channel's curve: N×H×W×C and N×C×256 → N×H×W×C. */
function lookUp(images: Tensor, curves: Tensor): Tensor {
  const { graph } = images;
  const slots = combine('AddV2', cast(images, 'int32'), curveStarts(images));
  const attributes = { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32', batch_dims: 0 } as const;
  const inputs = [reshape(curves, [-1, 1, 1]), slots, graph.constant(0, 'int32')];
  const values = graph.op('GatherV2', inputs, attributes, [...images.shape, 1, 1], { dtype: 'float32' });
  return reshape(values, images.shape);
}

/** Returns the index at which each channel's curve begins in the list of all curves: N×1×1×C int32. */
function curveStarts(images: Tensor): Tensor {
  const { graph } = images;
  const depth = channels(images);
  return graph.shared(`curve starts of ${images.node.name}`, () => {
    const one = combine('AddV2', combine('Mul', slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), 0), 1);
    const attributes = { T: 'float32', Tidx: 'int32', exclusive: true, reverse: false } as const;
    const index = graph.op('Cumsum', [one, graph.constant(0, 'int32')], attributes, one.shape);
    const channel = graph.constant(
      range(depth).map((each) => each * LEVELS),
      'float32',
      [1, 1, 1, depth],
    );
    // Whole numbers are exact in float32 up to 2^24: 21,845 images of three channels.
    return cast(combine('AddV2', combine('Mul', index, depth * LEVELS), channel), 'int32');
  });
}

/** Blends images with their grey version (color) or a smoothed one (sharpness). */
function blendWithOthers(images: Tensor, chosen: ChosenOperation): Tensor {
  const excess = perPixel(magnitudeOf(chosen, 'color', 'sharpness'));
  const grey = channels(images) === 1 ? images : apply('Floor', greyOf(images));
  const isSharpness = combine('GreaterEqual', perPixel(has(chosen, 'sharpness')), 0.5);
  const other = choose(isSharpness, smoothed(images), grey);
  return floored(combine('AddV2', images, combine('Mul', combine('Sub', images, other), excess)));
}

/** Weights of a pixel and its neighbours in Pillow's SMOOTH filter, times 13. */
const SMOOTH = [1, 1, 1, 1, 5, 1, 1, 1, 1];

/** Smooths each channel; pixels at the border stay. */
function smoothed(images: Tensor): Tensor {
  const { graph, dtype: T } = images;
  const [, height = 0, width = 0, depth = 0] = images.shape;
  const kernel = graph.constant(
    SMOOTH.flatMap((weight) => new Array<number>(depth).fill(weight / 13)),
    'float32',
    [3, 3, depth, 1],
  );
  const attributes = {
    T,
    strides: [1, 1, 1, 1],
    padding: 'VALID',
    dilations: [1, 1, 1, 1],
    explicit_paddings: [],
    ...nhwc,
  };
  const inner = [batch(images), height - 2, width - 2, depth];
  const mean = apply('Round', graph.op('DepthwiseConv2dNative', [images, kernel], attributes, inner));
  const isInner = pad(
    graph.constant(new Float32Array((height - 2) * (width - 2)).fill(1), 'float32', [1, height - 2, width - 2, 1]),
    [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
  );
  const change = combine('Sub', padSides(mean, 1), images);
  return combine('AddV2', images, combine('Mul', change, isInner));
}
