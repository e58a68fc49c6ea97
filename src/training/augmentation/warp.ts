/** Affine maps of images: one resample per image, bilinear, black outside. */
import type { AffineSpec } from '../../contracts/training/augmentation.js';
import { apply, combine } from '../../graph/elementwise.js';
import type { Tensor } from '../../graph/graph.js';
import { concat, dynamicShape, slice } from '../../graph/ops.js';
import { between } from './draws.js';

/**
 * Affine change of each image, N×1 float32 each: a rotation and two shears in radians, a scale, and a translation in pixels. A positive angle
 * turns to the right, as in torchvision's `affine`.
 */
export type AffineChange = Readonly<{
  angle: Tensor;
  translateX: Tensor;
  translateY: Tensor;
  scale: Tensor;
  shearX: Tensor;
  shearY: Tensor;
}>;

/** Rows of the 2×3 matrix that leads from a new pixel to an old one, N×1 each. Positions are pixel indices. */
export type InverseMatrix = readonly [x: readonly [Tensor, Tensor, Tensor], y: readonly [Tensor, Tensor, Tensor]];

/**
 * Draws an affine change of each image as torchvision's RandomAffine does. Every number is uniform in its range; translations are rounded to
 * whole pixels. `images` has the size to which they refer.
 */
export function drawAffine(images: Tensor, spec: AffineSpec, name = 'augment'): AffineChange {
  const [, height = 0, width = 0] = images.shape;
  const draw = (what: string, least: number, most: number) => between(least, most, `${name}/affine/${what}`, images);
  const around0 = (what: string, most: number) => draw(what, -most, most);
  const [shareX = 0, shareY = 0] = spec.translate;
  const [least = 1, most = 1] = spec.scale;
  const [shearX = 0, shearY = 0] = spec.shear;
  return {
    angle: around0('angle', radians(spec.degrees)),
    translateX: apply('Round', around0('translate-x', shareX * width)),
    translateY: apply('Round', around0('translate-y', shareY * height)),
    scale: draw('scale', least, most),
    shearX: around0('shear-x', radians(shearX)),
    shearY: around0('shear-y', radians(shearY)),
  };
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * Returns the inverse of: shear, rotate and scale about the centre of the image, then translate. The matrix is that of torchvision's
 * `_get_inverse_affine_matrix`.
 */
export function inverseOf(change: AffineChange, height: number, width: number): InverseMatrix {
  const { angle, translateX, translateY, scale, shearX, shearY } = change;
  const turned = combine('Sub', angle, shearY);
  const [cosine, sine, shared] = [apply('Cos', turned), apply('Sin', turned), apply('Cos', shearY)];
  const a = combine('RealDiv', cosine, shared);
  const c = combine('RealDiv', sine, shared);
  const b = combine('Mul', combine('AddV2', combine('Mul', a, apply('Tan', shearX)), apply('Sin', angle)), -1);
  const d = combine('Sub', apply('Cos', angle), combine('Mul', c, apply('Tan', shearX)));
  const scaled = (x: Tensor, sign: 1 | -1) => combine('Mul', combine('RealDiv', x, scale), sign);
  const centre = [(width - 1) / 2, (height - 1) / 2] as const;
  const moved = [combine('AddV2', translateX, centre[0]), combine('AddV2', translateY, centre[1])] as const;
  const row = (x: Tensor, y: Tensor, own: number): readonly [Tensor, Tensor, Tensor] => {
    const back = combine('AddV2', combine('Mul', x, moved[0]), combine('Mul', y, moved[1]));
    return [x, y, combine('Sub', x.graph.constant(own, 'float32'), back)];
  };
  return [row(scaled(d, 1), scaled(b, -1), centre[0]), row(scaled(c, -1), scaled(a, 1), centre[1])];
}

/** Resamples each image by its matrix, bilinearly; what lies outside the old image is 0. N×H×W×C float32 → the same shape. */
export function warp(images: Tensor, [x, y]: InverseMatrix): Tensor {
  const { graph, dtype } = images;
  const zero = combine('Mul', x[0], 0);
  const transforms = [...x, ...y, zero, zero].reduce((before, next) => concat(before, next));
  const size = slice(dynamicShape(images), [1], [2]);
  const attributes = { dtype, interpolation: 'BILINEAR', fill_mode: 'CONSTANT' } as const;
  const inputs = [images, transforms, size, graph.constant(0, 'float32')];
  return graph.op('ImageProjectiveTransformV3', inputs, attributes, images.shape);
}
