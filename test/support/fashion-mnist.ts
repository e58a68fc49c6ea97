/** The real files of Fashion-MNIST, which `npm test` has downloaded. */
import { access, readFile as read, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadConfig } from '../../src/config.js';

export const FILES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

/** Folder of the four files, plain or gzipped. */
const folder = join(loadConfig().datasetsDir, 'fashion-mnist');

/** Reads a file and decompresses it if necessary. */
export async function readFile(name: (typeof FILES)[number]): Promise<Uint8Array> {
  const plain = await read(join(folder, name)).catch(() => undefined);
  if (plain !== undefined) return plain;
  const compressed = await read(join(folder, `${name}.gz`)).catch(() => {
    throw new Error(`Fashion-MNIST is not in ${folder}: run \`npm test\` or \`npm start\` once to fetch it.`);
  });
  return gunzipSync(compressed);
}

/** Puts the four uncompressed files into a folder, as symbolic links if they are stored uncompressed. */
export async function provideFiles(target: string): Promise<void> {
  for (const name of FILES) {
    const source = join(folder, name);
    const isPlain = await access(source).then(
      () => true,
      () => false,
    );
    if (isPlain) await symlink(source, join(target, name));
    else await writeFile(join(target, name), await readFile(name));
  }
}

const HEADER = 16;
const PIXELS = 28 * 28;

/** Returns the pixels of the first `count` test images, 28 × 28 bytes each. */
export async function testImages(count: number): Promise<Uint8Array[]> {
  const bytes = await readFile('t10k-images-idx3-ubyte');
  return Array.from({ length: count }, (_, index) =>
    Uint8Array.from(bytes.subarray(HEADER + index * PIXELS, HEADER + (index + 1) * PIXELS)),
  );
}
