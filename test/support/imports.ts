/** Imports of archives with tiny pictures, into a temporary folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DatasetImport, DatasetInfo } from '../../src/contracts/datasets/dataset.js';
import { importDataset } from '../../src/datasets/import.js';

export type Imports = Awaited<ReturnType<typeof openImports>>;

export async function openImports() {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-imports-'));
  const importedDir = join(folder, 'datasets');
  let count = 0;
  const pathOf = (name: string): string => join(folder, `upload-${name}`);
  const importAs = (name: string, options: Partial<DatasetImport>): Promise<DatasetInfo> =>
    importDataset({
      ...{ name, path: pathOf(name), importedDir },
      options: {
        ...{ side: 8, channels: 3, testShare: 0.25, background: 'black', onError: 'refuse' },
        ...{ fit: 'contain', decoding: 'managed', antialias: true },
        ...options,
      },
    });
  return {
    folder,
    importedDir,
    /** Imports an archive under the next name: `set-1`, `set-2` … */
    async import(archive: Uint8Array, options: Partial<DatasetImport> = {}): Promise<DatasetInfo> {
      count += 1;
      const name = `set-${count}`;
      await writeFile(pathOf(name), archive);
      return importAs(name, options);
    },
    /** Imports the archive of a name once more. */
    again: importAs,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const SIDE = 8;
const drawn = new Map<string, Promise<Buffer>>();

/** Returns picture number `index`. No two numbers have the same picture. */
export function tiny(
  index: number,
  format: 'png' | 'jpeg' | 'gif' | 'webp' | 'tiff' | 'avif' = 'png',
): Promise<Buffer> {
  const key = `${format} ${index}`;
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const picture = sharp(tinyPixels(index), { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .toFormat(format)
    .toBuffer();
  drawn.set(key, picture);
  return picture;
}

export const tinyPixels = (index: number): Uint8Array =>
  Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 31 + index * 57) % 256);

/** Returns `each` pictures (default 2) for each folder, all different. */
export async function tinies(folders: readonly string[], each = 2): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const [place, folder] of folders.entries())
    for (let i = 0; i < each; i++) files[`${folder}/${i}.png`] = await tiny(place * each + i);
  return files;
}
