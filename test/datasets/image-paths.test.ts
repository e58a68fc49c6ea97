/** Paths of images: random access to any of them, and refusal of damaged files. */
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPaths, writePaths } from '../../src/datasets/image-paths.js';

/** More paths than are encoded at once. */
const PATHS = Array.from({ length: 10_000 }, (_, i) => `train/${'é'.repeat(i % 7)}/${i}\u001b[31m.png`);

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-paths-'));
  file = join(folder, 'train-paths.bin');
  await writePaths(file, PATHS);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['in a row', Array.from({ length: 9_000 }, (_, i) => 500 + i)],
  ['in any order, also twice', [9_999, 0, 5_000, 5_001, 5_000, 4_095, 4_096]],
  ['of none', []],
])('reads the paths of images %s', async (_, images) => {
  expect(await readPaths(file, images)).toEqual(images.map((image) => PATHS[image]));
});

it('knows no paths of a data set of an earlier version', async () => {
  expect(await readPaths(join(folder, 'test-paths.bin'), [0])).toBeUndefined();
});

it('refuses an image that the file does not have', async () => {
  await expect(readPaths(file, [10_000])).rejects.toMatchObject({ code: 'dataset_corrupt' });
});

it('refuses a file that is cut off, or whose offsets are wrong', async () => {
  const damaged = join(folder, 'damaged.bin');
  const bytes = await readFile(file);
  bytes.writeUInt32LE(2 ** 32 - 1, 4 + 4 * 8);
  await writeFile(damaged, bytes);
  await expect(readPaths(damaged, [7])).rejects.toMatchObject({ code: 'dataset_corrupt' });
  expect(await readPaths(damaged, [9])).toEqual([PATHS[9]]);
  await truncate(damaged, bytes.length - 1);
  await expect(readPaths(damaged, [9_999])).rejects.toMatchObject({ code: 'dataset_corrupt' });
});
