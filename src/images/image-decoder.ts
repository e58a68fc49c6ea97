/**
 * Decoder of image files into the pixels of a model's input, according to the preprocessing in its manifest. A grey image of the
 * model's size keeps its pixels exactly, so an image of a data set gives the same input here as in training.
 */
import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { type Caller, createFairConcurrencyLimit } from '../concurrency/fair-limit.js';
import type { ImagePreprocessing } from '../contracts/images/image-preprocessing.js';
import type { Preprocessing } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';
import { BmpError } from './bmp.js';
import { type DecodingCost, decodingCostOf } from './cost.js';
import { formatFault } from './formats.js';
import { readGreyPng } from './grey-png.js';
import { DECODE_SECONDS, openImage, toRgb } from './to-rgb.js';

/** Size and colour of the decoded image, and the way to it. */
export type TargetImage = Pick<Preprocessing, 'height' | 'width' | 'channels'> & ImagePreprocessing;

export type ImageDecoder = ReturnType<typeof createImageDecoder>;

type DecoderOptions = Readonly<{
  /** Largest width × height of an image. Default 50 million: a phone's photo, 200 MB when decoded. */
  maxPixels?: number;
  /** Decodes large images in another process, to save memory in this one. Default: decodes them here. */
  decodeLarge?: (file: Uint8Array, target: TargetImage, pointer: string) => Promise<Uint8Array>;
}>;

/** Client and request that an image belongs to. The images of one request share the `request` object. */
export type ImageCaller = Caller & Readonly<{ request?: object }>;
const NOBODY: ImageCaller = { client: '', signal: new AbortController().signal };

/**
 * Bounds of the memory that decoding needs: small images, ordinary photos, and huge images above. Each kind has its own concurrency
 * limit, so a small image never waits for a huge one.
 */
const SMALL_BYTES = 16e6;
const ORDINARY_BYTES = 96e6;
/** Refuses images that need more: 100 million samples of 16 bits, interlaced. */
const MAX_BYTES = 400e6;

const DEFAULT_MAX_PIXELS = 50_000_000;
/** Bytes per pixel of the whole image, which every interpolation but `fast` reads. */
const WHOLE_IMAGE_BYTES = 3;
/** Images decoded at once. libuv has four threads, and reading files needs one of them. */
const MAX_AT_ONCE = 3;

/** Returns a decoder that runs libvips in threads, so the event loop stays free. */
export function createImageDecoder({ maxPixels = DEFAULT_MAX_PIXELS, decodeLarge }: DecoderOptions = {}) {
  // One thread per image: requests have many small images, and TensorFlow needs the other cores.
  sharp.concurrency(1);
  sharp.cache(false);

  const limit = Math.min(MAX_AT_ONCE, availableParallelism());
  const small = createFairConcurrencyLimit({ limit });
  const ordinary = createFairConcurrencyLimit({ limit });
  const huge = createFairConcurrencyLimit({ limit: 1 });

  async function decodeHere(file: Uint8Array, target: TargetImage, pointer: string): Promise<Uint8Array> {
    const rgb = await toRgb(file, target, maxPixels).catch((cause: unknown) => {
      throw invalid(pointer, explain(cause, maxPixels), cause);
    });
    return target.channels === 3 ? rgb : grey(rgb);
  }

  /** Throws `invalid_image` if the image needs too much memory. Decoding refuses unknown headers and too many pixels. */
  async function requireCost(file: Uint8Array, pointer: string): Promise<DecodingCost> {
    const cost = await decodingCostOf(file);
    if (cost === undefined || cost.pixels > maxPixels) return { pixels: 0, bytes: 0 };
    if (cost.bytes <= MAX_BYTES) return cost;
    const [needed, most] = [cost.bytes, MAX_BYTES].map((bytes) => Math.round(bytes / 1e6));
    throw invalid(
      pointer,
      `needs about ${needed} MB of memory for decoding, and at most ${most} MB are allowed: make it smaller, not interlaced, or 8 bits per sample`,
    );
  }

  return {
    /**
     * Returns height × width × channels bytes. Decodes the first of several frames or pages. Throws `invalid_image`, with `pointer`,
     * unless the file is an intact image in one of `FORMATS` with at most `maxPixels` pixels.
     */
    async decode(
      file: Uint8Array,
      target: TargetImage,
      pointer = '',
      caller: ImageCaller = NOBODY,
    ): Promise<Uint8Array> {
      const fault = formatFault(file);
      if (fault !== undefined) throw invalid(pointer, fault);
      const isPlain = target.channels === 1 && target.cropShare === 1; // an image of the target's size keeps its pixels
      const pixels = isPlain ? readGreyPng(file, target) : undefined;
      if (pixels !== undefined) return pixels;
      const cost = await requireCost(file, pointer);
      const bytes = cost.bytes + (target.interpolation === 'fast' ? 0 : WHOLE_IMAGE_BYTES * cost.pixels);
      const isSmall = bytes <= SMALL_BYTES;
      const limiter = isSmall ? small : bytes <= ORDINARY_BYTES ? ordinary : huge;
      const decode = !isSmall && decodeLarge ? decodeLarge : decodeHere;
      return limiter.run(() => decode(file, target, pointer), { ...caller, cost: bytes });
    },

    /** Tells whether a readable image has a transparent pixel. */
    async isTransparent(file: Uint8Array): Promise<boolean> {
      return huge.run(async () => {
        const image = await openImage(file, maxPixels, 'managed');
        return (await image.metadata()).hasAlpha && !(await image.stats()).isOpaque;
      }, NOBODY);
    },
  };
}

/** Returns Rec. 601 luma in 16-bit fixed point, like Pillow's `convert("L")`. Equal red, green and blue keep their value. */
export function grey(rgb: Uint8Array): Uint8Array {
  const luma = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, index = 0; pixel < luma.length; pixel++, index += 3) {
    luma[pixel] =
      ((rgb[index] ?? 0) * 19595 + (rgb[index + 1] ?? 0) * 38470 + (rgb[index + 2] ?? 0) * 7471 + 0x8000) >> 16;
  }
  return luma;
}

/** Turns an error of libvips into a predicate that says what is wrong and what to do. */
function explain(cause: unknown, maxPixels: number): string {
  if (cause instanceof BmpError) return cause.message;
  const lines = (cause instanceof Error ? cause.message : String(cause)).split(/[\n;]/);
  const reason = [...new Set(lines.map((line) => line.trim()))].filter(Boolean).join('; '); // libvips repeats itself
  if (/pixel limit|exceeds.*limit|too large/i.test(reason))
    return `is too large: at most ${maxPixels / 1e6} million pixels are allowed`;
  if (cause instanceof RangeError) return `cannot be resized: ${cause.message}. Crop it`;
  if (/timeout/i.test(reason)) return `takes longer than ${DECODE_SECONDS} s to decode: send a smaller image`;
  return `is damaged and cannot be read (${reason})`;
}

function invalid(pointer: string, fault: string, cause?: unknown): TrainyardError {
  const subject = pointer === '' ? 'The image' : `The image at ${pointer}`;
  return new TrainyardError('invalid_image', `${subject} ${fault}.`, { cause, errors: [{ pointer, message: fault }] });
}
