/** Reads images of an archive as pixels, and collects what is wrong with the images that cannot be used. */
import { type FieldError, TrainyardError } from '../errors/errors.js';
import { createImageDecoder } from '../images/decoder.js';
import type { Archive, ArchiveFile } from './archive.js';
import { backgroundOf } from './background.js';
import type { Size } from './split-writer.js';

/** Most bytes of one image file. */
const MOST_IMAGE_BYTES = 2 ** 26;
/** Faults that are kept; all are counted. */
const FAULTS_KEPT = 20;

type Options = Readonly<{
  size: Size;
  /** `#rrggbb`; undefined: black. */
  background: string | undefined;
  /** Called with each image that cannot be used and what is wrong with it, the rest of a sentence. */
  fault?(path: string, reason: string): void;
}>;

export type ImageReader = ReturnType<typeof createImageReader>;

export function createImageReader(archive: Archive, { size, background, fault }: Options) {
  const decoder = createImageDecoder();
  const target = { ...size, fit: 'contain', background: backgroundOf(background) } as const;
  const kept: FieldError[] = [];
  let count = 0;

  async function decode(file: ArchiveFile): Promise<Uint8Array> {
    const pointer = `/${file.path}`;
    if (archive.ambiguous.has(file.path))
      throw faultOf(pointer, 'is in the archive several times, with different content: keep one');
    if (file.isLink) throw faultOf(pointer, 'is a symbolic link: pack the file itself, without -y');
    if (Math.max(file.bytes, file.packedBytes) > MOST_IMAGE_BYTES)
      throw faultOf(pointer, `is larger than ${MOST_IMAGE_BYTES / 2 ** 20} MiB`);
    const bytes = await archive.read(file);
    const pixels = await decoder.decode(bytes, target, pointer);
    if (isOneColour(pixels, size.channels) && (await decoder.isTransparent(bytes)))
      throw faultOf(
        pointer,
        `is transparent and shows nothing on a ${background ?? 'black'} background: import the archive with background=${background === undefined ? 'white' : 'black'}`,
      );
    return pixels;
  }

  return {
    /** The pixels of an image; undefined if it cannot be used. */
    async pixels(file: ArchiveFile): Promise<Uint8Array | undefined> {
      try {
        return await decode(file);
      } catch (error) {
        if (!(error instanceof TrainyardError)) throw error;
        const reason = error.errors?.[0]?.message ?? error.message;
        count += 1;
        if (kept.length < FAULTS_KEPT) kept.push({ pointer: `/${file.path}`, message: reason });
        fault?.(file.path, reason);
        return undefined;
      }
    },
    /** How many images cannot be used, and the first of them. */
    faults: () => ({ count, first: kept }),
  };
}

const faultOf = (pointer: string, message: string): TrainyardError =>
  new TrainyardError('invalid_image', message, { errors: [{ pointer, message }] });

function isOneColour(pixels: Uint8Array, channels: number): boolean {
  for (let i = channels; i < pixels.length; i++) if (pixels[i] !== pixels[i - channels]) return false;
  return true;
}
