/** ZIP archives of images, packed by Python's zipfile: an implementation that is independent of the reader under test. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';

/** Packs these files (path to content) into an archive. */
export async function zipOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-zip-'));
  try {
    const content = join(folder, 'content');
    await mkdir(content);
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(join(content, dirname(path)), { recursive: true });
      await writeFile(join(content, path), bytes);
    }
    const archive = join(folder, 'archive.zip');
    await promisify(execFile)('python3', ['-m', 'zipfile', '-c', archive, ...(await readdir(content))], {
      cwd: content,
    });
    return await readFile(archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Side of the pictures in pixels. */
export const SIDE = 24;

/** Returns the RGB pixels of picture `index`, mostly of one colour: 0 red, 1 green, 2 blue. */
export function pixelsOf(colour: number, index: number): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const noise = (37 * i + 101 * index + 13 * colour) % 64;
    return (i % 3 === colour ? 180 : 20) + noise;
  });
}

/** Encodes picture `index` as an image file. */
export const pictureOf = (colour: number, index: number, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> =>
  sharp(pixelsOf(colour, index), { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .toFormat(format)
    .toBuffer();

export const COLOURS = ['blue', 'green', 'red'] as const;
/** Colour channel of each class. */
const PLACE: Readonly<Record<string, number>> = { red: 0, green: 1, blue: 2 };
export const placeOf = (colour: string): number => PLACE[colour] ?? Number.NaN;

/** Returns `count` pictures of each colour as files in folders below `root`, from picture `first` on. */
export async function pictures(root: string, count: number, first = 0): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const colour of COLOURS) {
    for (let index = first; index < first + count; index++)
      files[`${root}${colour}/${index}.png`] = await pictureOf(placeOf(colour), index);
  }
  return files;
}
