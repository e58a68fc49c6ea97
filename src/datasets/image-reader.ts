/** Decoder of the images in an archive. Collects the faults of images that cannot be used. */
import { type FieldError, TrainyardError } from '../errors/errors.js';
import { createImageDecoder } from '../images/image-decoder.js';
import type { Archive, ArchiveFile } from './archive.js';
import { backgroundOf } from './background.js';
import type { Size } from './split-writer.js';

/** Largest image file in bytes. */
const MAX_IMAGE_BYTES = 2 ** 26;
/** Faults that are returned; all are counted. */
const MAX_FAULTS = 20;

type ReaderOptions = Readonly<{
  size: Size;
  /** `#rrggbb`. Undefined: black. */
  background: string | undefined;
  /** Called with each unusable image and what is wrong with it, as a predicate ("is damaged"). */
  onFault?(path: string, reason: string): void;
}>;

export type ImageReader = ReturnType<typeof createImageReader>;

export function createImageReader(archive: Archive, { size, background, onFault }: ReaderOptions) {
  const decoder = createImageDecoder();
  const target = { ...size, fit: 'contain', background: backgroundOf(background) } as const;
  const kept: FieldError[] = [];
  let count = 0;

  async function decode(file: ArchiveFile): Promise<Uint8Array> {
    const pointer = `/${file.path}`;
    if (archive.ambiguous.has(file.path))
      throw faultOf(pointer, 'is in the archive several times with different content: keep one of them');
    if (file.isLink) throw faultOf(pointer, 'is a symbolic link: pack the file itself, without -y');
    if (Math.max(file.bytes, file.packedBytes) > MAX_IMAGE_BYTES)
      throw faultOf(pointer, `is larger than ${MAX_IMAGE_BYTES / 2 ** 20} MiB, the most that is allowed`);
    const bytes = await archive.read(file);
    const pixels = await decoder.decode(bytes, target, pointer);
    if (isOneColour(pixels, size.channels) && (await decoder.isTransparent(bytes)))
      throw faultOf(
        pointer,
        `is transparent and shows nothing on a ${background ?? 'black'} background: import the archive with \`background=${background === undefined ? 'white' : 'black'}\``,
      );
    return pixels;
  }

  return {
    /** Returns the pixels of an image; undefined if it cannot be used. */
    async pixels(file: ArchiveFile): Promise<Uint8Array | undefined> {
      try {
        return await decode(file);
      } catch (error) {
        if (!(error instanceof TrainyardError)) throw error;
        const reason = error.errors?.[0]?.message ?? error.message;
        count += 1;
        if (kept.length < MAX_FAULTS) kept.push({ pointer: `/${file.path}`, message: reason });
        onFault?.(file.path, reason);
        return undefined;
      }
    },
    /** Returns how many images cannot be used, and the faults of the first. */
    faults: () => ({ count, first: kept }),
  };
}

const faultOf = (pointer: string, message: string): TrainyardError =>
  new TrainyardError('invalid_image', message, { errors: [{ pointer, message }] });

function isOneColour(pixels: Uint8Array, channels: number): boolean {
  for (let i = channels; i < pixels.length; i++) if (pixels[i] !== pixels[i - channels]) return false;
  return true;
}
