/** Augmentation of pixels, from the images of the data set to those of the network's input. */
import type { AugmentationSpec } from '../../contracts/training/augmentation.js';
import type { Tensor } from '../../graph/graph.js';
import { cast, resize } from '../../graph/ops.js';
import { randAugment, trivialAugmentWide } from './automatic-augmentation.js';
import { changeColors, drawColors } from './color-jitter.js';
import { cropAndFlip } from './crop-and-flip.js';
import { drawCrops, drawMirrors, resizeCrops } from './resized-crop.js';
import { drawAffine, inverseOf, warp } from './warp.js';

/** Returns whether an augmentation changes pixels before their normalization. */
export const changesPixels = (spec: AugmentationSpec): boolean =>
  spec.crop > 0 ||
  spec.flip ||
  [spec.verticalFlip, spec.randomResizedCrop, spec.affine, spec.colorJitter].some(Boolean) ||
  [spec.trivialAugmentWide, spec.randAugment].some(Boolean);

/**
 * Crops, mirrors and resizes the images, then maps and colours them: N×h×w×C bytes → N×side×side×C float32 from 0 to 255. Crops and mirrors
 * come before the resize, at the resolution of the data set, so that no detail is lost.
 */
export function augmentPixels(pixels: Tensor, spec: AugmentationSpec, side: number): Tensor {
  const { randomResizedCrop: crop } = spec;
  const framed =
    crop === undefined
      ? cropInPlace(pixels, spec, side)
      : resizeCrops(cast(pixels, 'float32'), drawCrops(pixels, crop), side, drawMirrors(pixels, spec));
  const moved = spec.affine ? warp(framed, inverseOf(drawAffine(framed, spec.affine), side, side)) : framed;
  const { colorJitter, randAugment: automatic } = spec;
  const colored = colorJitter ? changeColors(moved, drawColors(moved, colorJitter), colorJitter.hue > 0) : moved;
  const varied = automatic ? randAugment(colored, automatic) : colored;
  return spec.trivialAugmentWide ? trivialAugmentWide(varied) : varied;
}

function cropInPlace(pixels: Tensor, spec: AugmentationSpec, side: number): Tensor {
  // TensorFlow has no GPU kernel that gathers bytes.
  const movable = pixels.graph.options.device === 'gpu' ? cast(pixels, 'float32') : pixels;
  return resize(cast(cropAndFlip(movable, spec), 'float32'), side, side);
}
