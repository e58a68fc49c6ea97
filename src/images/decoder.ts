/**
 * Image files → the pixels a model takes, as its manifest's preprocessing says. An image that has the model's size and
 * no colour passes byte for byte, so a data set's image gives the same input here as it gave in training.
 */
import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { type Caller, createFairConcurrencyLimit } from '../concurrency/fair-limit.js';
import type { Preprocessing } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';
import { BmpError, readBmp } from './bmp.js';
import { type Cost, costOf } from './cost.js';
import { formatOf, otherFormat } from './formats.js';
import { readGreyPng } from './grey-png.js';

/** What an image is made to be. */
export type Target = Pick<Preprocessing, 'height' | 'width' | 'channels' | 'fit' | 'background'>;

export type ImageDecoder = ReturnType<typeof createImageDecoder>;

type DecoderOptions = Readonly<{
  /** Largest width × height of an image. Default 50 million: what phones take, and 200 MB once decoded. */
  maxPixels?: number;
  /** Decodes large images elsewhere, so that their memory is not this process's. Default: here, too. */
  decodeLarge?: (file: Uint8Array, target: Target, pointer: string) => Promise<Uint8Array>;
}>;

/** Who asks for an image. The images of one request share an object. */
export type ImageCaller = Caller & Readonly<{ request?: object }>;
const NOBODY: ImageCaller = { client: '', signal: new AbortController().signal };

/**
 * Images by the memory they need while they are decoded: small ones, those of ordinary photographs, and huge ones. Each kind has its
 * own turns, so that a small image never waits for a huge one.
 */
const SMALL_BYTES = 16e6;
const ORDINARY_BYTES = 96e6;
/** An image that needs more is refused: 100 million samples of 16 bits, interlaced. */
const MOST_BYTES = 400e6;

const DEFAULT_MAX_PIXELS = 50_000_000;
/** A decoder that is still busy with one image after this long is stopped. */
const DECODE_SECONDS = 20;
/** Images that are decoded at once: libuv has four threads, and reading files needs one of them. */
const MAX_AT_ONCE = 3;

/** A decoder over libvips, in threads of its own: the event loop is free while an image is read. */
export function createImageDecoder({ maxPixels = DEFAULT_MAX_PIXELS, decodeLarge }: DecoderOptions = {}) {
  // One thread per image: the images of a request are many and small, and TensorFlow needs the other cores.
  sharp.concurrency(1);
  sharp.cache(false);

  const limit = Math.min(MAX_AT_ONCE, availableParallelism());
  const small = createFairConcurrencyLimit({ limit });
  const ordinary = createFairConcurrencyLimit({ limit });
  const huge = createFairConcurrencyLimit({ limit: 1 });

  /** The first frame or page of the file, in libvips. */
  async function open(file: Uint8Array) {
    const limits = { limitInputPixels: maxPixels, failOn: 'error', animated: false } as const;
    if (formatOf(file) !== 'BMP') return sharp(file, limits);
    const { pixels, width, height, channels } = await readBmp(file, maxPixels);
    return sharp(pixels, { ...limits, raw: { width, height, channels } });
  }

  async function toRgb(file: Uint8Array, { height, width, fit, background }: Target): Promise<Uint8Array> {
    const [r, g, b] = typeof background === 'number' ? [background, background, background] : background;
    const fill = { r, g, b };
    return (await open(file))
      .autoOrient()
      .flatten({ background: fill })
      .resize({ width, height, fit, background: fill, kernel: 'linear' })
      .toColourspace('srgb')
      .removeAlpha()
      .timeout({ seconds: DECODE_SECONDS })
      .raw({ depth: 'uchar' })
      .toBuffer();
  }

  async function decodeHere(file: Uint8Array, target: Target, pointer: string): Promise<Uint8Array> {
    const rgb = await toRgb(file, target).catch((cause: unknown) => {
      throw invalid(pointer, explain(cause, maxPixels), cause);
    });
    return target.channels === 3 ? rgb : grey(rgb);
  }

  /** Throws `invalid_image` for an image that needs too much memory. An unknown or too large header is decoding's to refuse. */
  async function requireSize(file: Uint8Array, pointer: string): Promise<Cost> {
    const cost = await costOf(file);
    if (cost === undefined || cost.pixels > maxPixels) return { pixels: 0, bytes: 0 };
    if (cost.bytes <= MOST_BYTES) return cost;
    const [needed, most] = [cost.bytes, MOST_BYTES].map((bytes) => Math.round(bytes / 1e6));
    throw invalid(
      pointer,
      `needs about ${needed} MB of memory to be decoded, and at most ${most} MB are allowed: send it smaller, not interlaced, or with 8 bits a sample`,
    );
  }

  return {
    /**
     * height × width × channels bytes. Throws `invalid_image`, with `pointer` to where the file came from, for anything
     * but a whole image of at most `maxPixels` in one of FORMATS. Of several frames or pages the first counts.
     */
    async decode(file: Uint8Array, target: Target, pointer = '', caller: ImageCaller = NOBODY): Promise<Uint8Array> {
      const fault = otherFormat(file);
      if (fault !== undefined) throw invalid(pointer, fault);
      const pixels = target.channels === 1 ? readGreyPng(file, target) : undefined;
      if (pixels !== undefined) return pixels;
      const { bytes } = await requireSize(file, pointer);
      const isSmall = bytes <= SMALL_BYTES;
      const turns = isSmall ? small : bytes <= ORDINARY_BYTES ? ordinary : huge;
      const decode = !isSmall && decodeLarge ? decodeLarge : decodeHere;
      return turns.run(() => decode(file, target, pointer), { ...caller, cost: bytes });
    },

    /** Whether a file that can be decoded lets its background through anywhere. */
    async isTransparent(file: Uint8Array): Promise<boolean> {
      return huge.run(async () => {
        const image = await open(file);
        return (await image.metadata()).hasAlpha && !(await image.stats()).isOpaque;
      }, NOBODY);
    },
  };
}

/** Rec. 601 luma in 16-bit fixed point, as Pillow's `convert("L")`: exact where red, green and blue are equal. */
function grey(rgb: Uint8Array): Uint8Array {
  const luma = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, index = 0; pixel < luma.length; pixel++, index += 3) {
    luma[pixel] =
      ((rgb[index] ?? 0) * 19595 + (rgb[index + 1] ?? 0) * 38470 + (rgb[index + 2] ?? 0) * 7471 + 0x8000) >> 16;
  }
  return luma;
}

/** What libvips said, as the rest of a sentence that says what to do. */
function explain(cause: unknown, maxPixels: number): string {
  if (cause instanceof BmpError) return cause.message;
  const lines = (cause instanceof Error ? cause.message : String(cause)).split(/[\n;]/);
  const reason = [...new Set(lines.map((line) => line.trim()))].filter(Boolean).join('; '); // libvips repeats itself
  if (/pixel limit|exceeds.*limit|too large/i.test(reason))
    return `is too large: at most ${maxPixels / 1e6} million pixels are taken`;
  if (/timeout/i.test(reason)) return `took longer than ${DECODE_SECONDS} s to decode: send a smaller one`;
  return `is damaged and cannot be read (${reason})`;
}

function invalid(pointer: string, fault: string, cause?: unknown): TrainyardError {
  const subject = pointer === '' ? 'The image' : `The image at ${pointer}`;
  return new TrainyardError('invalid_image', `${subject} ${fault}.`, { cause, errors: [{ pointer, message: fault }] });
}
