/**
 * Image files → the pixels a model takes, as its manifest's preprocessing says. An image that has the model's size and
 * no colour passes byte for byte, so a data set's image gives the same input here as it gave in training.
 */
import sharp from 'sharp';
import type { Preprocessing } from '../contracts/model.js';
import { TrainyardError } from '../errors.js';

export type ImageDecoder = ReturnType<typeof createImageDecoder>;

type DecoderOptions = Readonly<{
  /** Largest width × height of an image. Default 50 million: what phones take, and 200 MB once decoded. */
  maxPixels?: number;
}>;

const DEFAULT_MAX_PIXELS = 50_000_000;
/** A decoder that is still busy with one image after this long is stopped. */
const DECODE_SECONDS = 20;

/** A decoder over libvips, in threads of its own: the event loop is free while an image is read. */
export function createImageDecoder({ maxPixels = DEFAULT_MAX_PIXELS }: DecoderOptions = {}) {
  // One thread per image: the images of a request are many and small, and TensorFlow needs the other cores.
  sharp.concurrency(1);
  sharp.cache(false);

  return {
    /**
     * height × width × channels bytes. `what` names the image in the sentence of the error, which is `invalid_image`
     * for anything but a whole PNG, JPEG or WebP image of at most `maxPixels`.
     */
    async decode(file: Uint8Array, target: Preprocessing, what = 'The image'): Promise<Uint8Array> {
      refuseOtherFormats(file, what);
      const { height, width, background } = target;
      const fill = { r: background, g: background, b: background };
      try {
        const rgb = await sharp(file, { limitInputPixels: maxPixels, failOn: 'error', animated: false })
          .autoOrient()
          .flatten({ background: fill })
          .resize({ width, height, fit: target.fit, background: fill, kernel: 'linear' })
          .toColourspace('srgb')
          .removeAlpha()
          .timeout({ seconds: DECODE_SECONDS })
          .raw({ depth: 'uchar' })
          .toBuffer();
        return target.channels === 3 ? rgb : grey(rgb);
      } catch (cause) {
        throw unusable(cause, what, maxPixels);
      }
    },
  };
}

/** Rec. 601 luma in 16-bit fixed point, as Pillow's `convert("L")`: exact where red, green and blue are equal. */
function grey(rgb: Uint8Array): Uint8Array {
  const luma = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, index = 0; pixel < luma.length; pixel++, index += 3) {
    luma[pixel] = ((rgb[index] ?? 0) * 19595 + (rgb[index + 1] ?? 0) * 38470 + (rgb[index + 2] ?? 0) * 7471 + 0x8000) >> 16;
  }
  return luma;
}

/** First bytes of files that people send; the format is never taken from a name or a header. */
const signatures: readonly (readonly [format: string, pattern: RegExp])[] = [
  ['PNG', /^\x89PNG\r\n\x1a\n/],
  ['JPEG', /^\xff\xd8\xff/],
  ['WebP', /^RIFF[^]{4}WEBP/],
  ['GIF', /^GIF8/],
  ['TIFF', /^(II\*\0|MM\0\*)/],
  ['BMP', /^BM/],
  ['PDF', /^%PDF/],
  ['AVIF', /^[^]{4}ftypavi/],
  ['HEIF', /^[^]{4}ftyp(hei|hev|mif|msf)/],
  ['SVG', /^(\xef\xbb\xbf)?\s*<(\?xml|svg|!DOCTYPE|!--)/i],
];
const accepted: readonly (string | undefined)[] = ['PNG', 'JPEG', 'WebP'];

function refuseOtherFormats(file: Uint8Array, what: string): void {
  if (file.length === 0) throw new TrainyardError('invalid_image', `${what} is empty: send a PNG, JPEG or WebP file.`);
  const start = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, 64)).toString('latin1');
  const format = signatures.find(([, pattern]) => pattern.test(start))?.[0];
  if (accepted.includes(format)) return;
  const found = format === undefined ? 'not an image file' : `in the format ${format}`;
  throw new TrainyardError('invalid_image', `${what} is ${found}: PNG, JPEG and WebP are taken.`);
}

/** What libvips said, as one sentence that says what to do. */
function unusable(cause: unknown, what: string, maxPixels: number): TrainyardError {
  const reason = cause instanceof Error ? cause.message.replace(/\s*\n\s*/g, '; ').trim() : String(cause);
  if (/pixel limit|exceeds.*limit|too large/i.test(reason)) {
    return new TrainyardError('invalid_image', `${what} is too large: at most ${maxPixels / 1e6} million pixels are taken.`, { cause });
  }
  if (/timeout/i.test(reason)) {
    return new TrainyardError('invalid_image', `${what} took longer than ${DECODE_SECONDS} s to decode: send a smaller one.`, { cause });
  }
  return new TrainyardError('invalid_image', `${what} is damaged and cannot be read (${reason}).`, { cause });
}
