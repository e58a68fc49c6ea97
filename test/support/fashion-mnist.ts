/** Where the real files of Fashion-MNIST lie on this machine: `npm test` has fetched them. */
import { access, readFile as read } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.js';

export const FILES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

/** The folder with the uncompressed files. */
export async function findFashionMnist(): Promise<string> {
  const folder = join(loadConfig().datasetsDir, 'fashion-mnist');
  await access(join(folder, FILES[0])).catch(() => {
    throw new Error(`Fashion-MNIST is not in ${folder}: run \`npm test\` or \`npm start\` once to fetch it.`);
  });
  return folder;
}

/** The bytes of one of the files. */
export const readFile = async (name: (typeof FILES)[number]): Promise<Uint8Array> =>
  read(join(await findFashionMnist(), name));

const HEADER = 16;
const PIXELS = 28 * 28;

/** The pixels of the first `count` test images, 28 × 28 bytes each. */
export async function testImages(count: number): Promise<Uint8Array[]> {
  const bytes = await readFile('t10k-images-idx3-ubyte');
  return Array.from({ length: count }, (_, index) =>
    bytes.slice(HEADER + index * PIXELS, HEADER + (index + 1) * PIXELS),
  );
}
