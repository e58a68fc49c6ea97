/** Conversion of an image file to red, green and blue in the size of a model's input. */
import sharp, { type Sharp } from 'sharp';
import { channelsOf, type ImagePreprocessing } from '../contracts/images/image-preprocessing.js';
import { readBmp } from './bmp.js';
import { formatOf } from './formats.js';
import { coveredPart, type Placement, placementOf, type Size } from './placement.js';
import { resample } from './resample.js';

/** Time limit of decoding one image. */
export const DECODE_SECONDS = 20;

type RgbTarget = Size & ImagePreprocessing;

/** Opens the first frame or page of a file in libvips. */
export async function openImage(file: Uint8Array, maxPixels: number, decoding: ImagePreprocessing['decoding']) {
  const limits = { limitInputPixels: maxPixels, failOn: 'error', animated: false } as const;
  if (formatOf(file) !== 'BMP') return sharp(file, { ...limits, ignoreIcc: decoding === 'plain' });
  const { pixels, width, height, channels } = await readBmp(file, maxPixels);
  return sharp(pixels, { ...limits, raw: { width, height, channels } });
}

/** Decodes a file to height × width × 3 bytes, upright. Throws libvips' errors, and `RangeError` for extreme aspect ratios. */
export async function toRgb(file: Uint8Array, target: RgbTarget, maxPixels: number): Promise<Uint8Array> {
  const opened = (await openImage(file, maxPixels, target.decoding)).autoOrient();
  const fill = fillOf(target.background);
  const image = target.decoding === 'plain' ? opened : opened.flatten({ background: fill });
  if (target.interpolation === 'fast') return scaleFast(image, target, fill);
  const { data, info } = await rgbOf(image).toBuffer({ resolveWithObject: true });
  const placement = placementOf(info, target);
  const covered = coveredPart(placement, target);
  const pixels = await resample(data, info, placement, covered, target);
  return onBackground(pixels, covered, target, fill);
}

const rgbOf = (image: Sharp): Sharp =>
  image.toColourspace('srgb').removeAlpha().timeout({ seconds: DECODE_SECONDS }).raw({ depth: 'uchar' });

type Fill = Readonly<{ r: number; g: number; b: number }>;

function fillOf(background: ImagePreprocessing['background']): Fill {
  const [r, g, b] = channelsOf(background);
  return { r, g, b };
}

const scaleFast = (image: Sharp, { height, width }: Size, background: Fill): Promise<Uint8Array> =>
  rgbOf(image.resize({ width, height, fit: 'contain', background, kernel: 'linear' })).toBuffer();

/** Returns the pixels with bars of the background around the part that they cover. */
function onBackground(
  pixels: Uint8Array,
  covered: Size & Pick<Placement, 'left' | 'top'>,
  { height, width }: Size,
  { r, g, b }: Fill,
): Uint8Array {
  if (covered.width === width && covered.height === height) return pixels;
  const result = new Uint8Array(height * width * 3);
  for (let at = 0; at < result.length; at += 3) result.set([r, g, b], at);
  const rowBytes = covered.width * 3;
  for (let y = 0; y < covered.height; y++)
    result.set(pixels.subarray(y * rowBytes, (y + 1) * rowBytes), ((covered.top + y) * width + covered.left) * 3);
  return result;
}
