/** Size of an image file, from its header. */
import sharp from 'sharp';
import { sizeOfBmp } from './bmp.js';
import { formatOf } from './formats.js';
import type { Size } from './placement.js';

/** Returns the size of the upright image. Undefined if the header cannot be read. */
export async function sizeOfImage(file: Uint8Array): Promise<Size | undefined> {
  if (formatOf(file) === 'BMP') return sizeOfBmp(Buffer.from(file.buffer, file.byteOffset, file.length));
  try {
    return (await sharp(file, { animated: false }).metadata()).autoOrient;
  } catch {
    return undefined;
  }
}
