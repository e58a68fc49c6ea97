/** Geometry of the preprocessing: size of the resized image, and its position in the pixels of the model. */
import { type ImagePreprocessing, resizedSide } from '../contracts/images/image-preprocessing.js';

export type Size = Readonly<{ width: number; height: number }>;

/**
 * Size of the whole image after the resize, and the place of the result in it, in pixels. `left` and `top` are the offset of the
 * result's corner in the resized image. They are negative if bars surround the image.
 */
export type Placement = Size & Readonly<{ left: number; top: number }>;

type Target = Size & Pick<ImagePreprocessing, 'fit' | 'cropShare'>;

/** Returns the placement of an image of size `source`, with the rounding of the libraries that each `fit` imitates. */
export function placementOf(source: Size, target: Target): Placement {
  const { width, height } = resizedSize(source, target);
  const offset = (resized: number, kept: number): number =>
    resized < kept ? -roundHalfToEven((kept - resized) / 2) : roundHalfToEven((resized - kept) / 2);
  return { width, height, left: offset(width, target.width), top: offset(height, target.height) };
}

/** Returns which part of a result of size `target` shows an image of size `source`: all of it unless bars surround the image. */
export function contentRegion(source: Size | undefined, target: Target): Covered {
  if (source === undefined || target.fit !== 'contain')
    return { left: 0, top: 0, width: target.width, height: target.height };
  return coveredPart(placementOf(source, target), target);
}

/** Part of the result that the resized image covers, in its pixels. */
export type Covered = Size & Readonly<{ left: number; top: number }>;

/** Returns which part of a result of size `target` a placement covers. */
export function coveredPart({ width, height, left, top }: Placement, target: Size): Covered {
  const part = (resized: number, offset: number, length: number) => Math.min(length, resized - Math.max(0, offset));
  return {
    left: Math.max(0, -left),
    top: Math.max(0, -top),
    width: part(width, left, target.width),
    height: part(height, top, target.height),
  };
}

function resizedSize(source: Size, target: Target): Size {
  switch (target.fit) {
    case 'stretch':
      return target;
    case 'contain':
      return containedSize(source, target);
    default:
      return coveringSize(source, {
        width: resizedSide(target.width, target.cropShare),
        height: resizedSide(target.height, target.cropShare),
      });
  }
}

/** Returns the size of Pillow's `ImageOps.contain`. */
function containedSize(source: Size, target: Size): Size {
  const [ratio, wanted] = [source.width / source.height, target.width / target.height];
  const rounded = (side: number): number => Math.max(1, roundHalfToEven(side));
  if (ratio > wanted) return { ...target, height: rounded((source.height / source.width) * target.width) };
  if (ratio < wanted) return { ...target, width: rounded((source.width / source.height) * target.height) };
  return target;
}

/** Returns the size of torchvision's `Resize` for a square, and of timm's `ResizeKeepRatio` for another shape. */
function coveringSize(source: Size, { width, height }: Size): Size {
  if (width === height) {
    if (source.width <= source.height) return { width, height: Math.trunc((width * source.height) / source.width) };
    return { width: Math.trunc((height * source.width) / source.height), height };
  }
  const ratio = Math.min(source.height / height, source.width / width);
  return { width: roundHalfToEven(source.width / ratio), height: roundHalfToEven(source.height / ratio) };
}

/** Rounds like Python: halves to the even neighbour. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
