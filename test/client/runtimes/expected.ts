/** Expected results of the main flow in every runtime, and the images that it imports. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pictures } from '../../support/archive.js';

export const EXPECTED = {
  classes: ['blue', 'green', 'red'],
  status: 'succeeded',
  epochs: 2,
  last: 'end',
  same: true,
  predicted: true,
  exported: [true, 1, 64],
  refused: 'invalid_request /epochs',
  aborted: 'seen enough, cancelled',
};

/** Writes a folder of images, one folder for each class. Returns its path and that of an image. */
export async function writeImages(parent: string): Promise<{ folder: string; image: string }> {
  const folder = join(parent, 'colours');
  for (const [path, bytes] of Object.entries(await pictures('', 5))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return { folder, image: join(folder, 'red/0.png') };
}
