/** Decoder of the images in an archive. Collects the faults of images that cannot be used. */

import { colourName, type ImagePreprocessing } from '../contracts/images/image-preprocessing.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import { createImageDecoder } from '../images/image-decoder.js';
import { factsOf, type ImageFacts } from '../images/image-facts.js';
import { sizeOfImage } from '../images/image-size.js';
import { contentRegion, type Size } from '../images/placement.js';
import type { Archive, ArchiveFile } from './archive-listing.js';
import { isBlank } from './report/contents.js';
import type { BlankFacts } from './report/survey.js';
import type { StoredSize } from './split-writer.js';

/** Largest image file in bytes. */
const MAX_IMAGE_BYTES = 2 ** 26;
/** Faults that are returned; all are counted. */
const MAX_FAULTS = 20;

type ReaderOptions = Readonly<{
  size: StoredSize;
  preprocessing: ImagePreprocessing;
  /** Called with each unusable image and what is wrong with it, as a predicate ("is damaged"). */
  onFault?(path: string, reason: string): void;
}>;

export type DecodedImage = Readonly<{
  /** Height × width × channels bytes. */
  pixels: Uint8Array;
  facts: ImageFacts;
  /** Size of the upright original. */
  original: Size | undefined;
  /** Undefined if the image shows something. */
  blank: BlankFacts | undefined;
}>;

export type ImageReader = ReturnType<typeof createImageReader>;

export function createImageReader(archive: Archive, { size, preprocessing, onFault }: ReaderOptions) {
  const decoder = createImageDecoder();
  const target = { ...size, ...preprocessing };
  const kept: FieldError[] = [];
  let count = 0;

  async function decode(file: ArchiveFile): Promise<DecodedImage> {
    const pointer = `/${file.path}`;
    if (archive.ambiguous.has(file.path))
      throw faultOf(pointer, 'is in the archive several times with different content: keep one of them');
    if (file.isLink) throw faultOf(pointer, 'is a symbolic link: pack the file itself, without -y');
    if (Math.max(file.bytes, file.packedBytes) > MAX_IMAGE_BYTES)
      throw faultOf(pointer, `is larger than ${MAX_IMAGE_BYTES / 2 ** 20} MiB, the most that is allowed`);
    const bytes = await archive.read(file);
    const pixels = await decoder.decode(bytes, target, pointer);
    const original = await sizeOfImage(bytes);
    const facts = factsOf({ pixels, ...size }, contentRegion(original, target));
    if (!isBlank(facts)) return { pixels, facts, original, blank: undefined };
    const transparent = await decoder.isTransparent(bytes);
    if (transparent && isOneColour(pixels, size.channels)) throw faultOf(pointer, nothingShown(preprocessing));
    return { pixels, facts, original, blank: { colour: facts.colour, transparent } };
  }

  return {
    /** Decodes an image; undefined if it cannot be used. */
    async read(file: ArchiveFile): Promise<DecodedImage | undefined> {
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

function nothingShown({ decoding, background }: ImagePreprocessing): string {
  if (decoding === 'plain')
    return 'shows nothing without its transparency: import the archive with `decoding=managed` and another `background`';
  const other = background === 0 ? 'white' : 'black';
  return `is transparent and shows nothing on a ${colourName(background)} background: import the archive with \`background=${other}\``;
}

const faultOf = (pointer: string, message: string): TrainyardError =>
  new TrainyardError('invalid_image', message, { errors: [{ pointer, message }] });

function isOneColour(pixels: Uint8Array, channels: number): boolean {
  for (let i = channels; i < pixels.length; i++) if (pixels[i] !== pixels[i - channels]) return false;
  return true;
}
