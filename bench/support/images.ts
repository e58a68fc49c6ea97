/** Images of a data set as files, as clients send them. */
import sharp from 'sharp';
import type { DatasetInfo } from '../../src/contracts/network.js';

/** The first `count` of these grey images as PNG files. */
export function pngFiles(images: Uint8Array, { width, height }: DatasetInfo, count: number): Promise<Buffer[]> {
  const size = width * height;
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      sharp(images.slice(index * size, (index + 1) * size), { raw: { width, height, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    ),
  );
}
