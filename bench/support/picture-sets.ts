/** Pictures of two packages, downloaded and unpacked once into the `.cache` folder of the clone, and copied into folders to import. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const cacheOf = (name: string) => fileURLToPath(new URL(`../../.cache/${name}`, import.meta.url));
const EMOJI = 'emoji-datasource-twitter@16.0.0';
/** Larger pictures would need much memory. */
const MAX_PIXELS = 640_000;

/** Paths of pictures, by class. */
export type Pictures = Readonly<Record<string, readonly string[]>>;

/** Returns the folder with the categories of Debian's openclipart-png (public domain). Needs `apt-get` and `dpkg-deb`. */
export async function openclipartFolder(): Promise<string> {
  const cache = cacheOf('openclipart');
  const pictures = join(cache, 'files/usr/share/openclipart/png');
  if (existsSync(pictures)) return pictures;
  await mkdir(cache, { recursive: true });
  await run(cache, 'apt-get', ['download', 'openclipart-png']);
  const file = (await readdir(cache)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get downloaded no package openclipart-png.');
  await run(cache, 'dpkg-deb', ['-x', file, 'files']);
  return pictures;
}

/** Returns the pictures of the largest categories of openclipart-png. */
export async function openclipart(categories: number): Promise<Pictures> {
  const root = await openclipartFolder();
  const all = await Promise.all(
    (await readdir(root)).map(async (name) => {
      const files = (await readdir(join(root, name), { recursive: true })).filter((file) => file.endsWith('.png'));
      return [name, files.map((file) => join(root, name, file))] as const;
    }),
  );
  return Object.fromEntries(all.sort(([, a], [, b]) => b.length - a.length).slice(0, categories));
}

type Emoji = Readonly<{ image: string; category: string; has_img_twitter: boolean }>;

/** Returns the emoji of npm's emoji-datasource-twitter by category, at 64 pixels and without variants of skin. Needs `npm` and `tar`. */
export async function emoji(): Promise<Pictures> {
  const cache = cacheOf('emoji');
  const root = join(cache, 'package');
  if (!existsSync(root)) {
    await mkdir(cache, { recursive: true });
    await run(cache, 'npm', ['pack', '--silent', EMOJI]);
    const file = (await readdir(cache)).find((name) => name.endsWith('.tgz')) ?? '';
    await run(cache, 'tar', ['xzf', file]);
  }
  const list = JSON.parse(await readFile(join(root, 'emoji.json'), 'utf8')) as Emoji[];
  const shown = list.filter(({ category, has_img_twitter }) => has_img_twitter && category !== 'Component');
  const path = ({ image }: Emoji) => join(root, 'img/twitter/64', image);
  return Object.fromEntries(
    [...new Set(shown.map(({ category }) => category))].map((category) => [
      category.replaceAll(/\W+/g, '-'),
      shown.filter((each) => each.category === category).map(path),
    ]),
  );
}

/**
 * Copies up to `train` and `test` pictures of each class into `folder`, as `train/<class>/…` and `test/<class>/…`. The choice depends on
 * the files' contents alone. Of files with the same bytes the first counts.
 */
export async function copySplits(
  pictures: Pictures,
  folder: string,
  { train, test }: Readonly<{ train: number; test: number }>,
): Promise<void> {
  const seen = new Set<string>();
  for (const [name, paths] of Object.entries(pictures)) {
    for (const [index, { path, digest }] of (await distinct(paths, seen, train + test)).entries()) {
      const split = index < test ? 'test' : 'train';
      await mkdir(join(folder, split, name), { recursive: true });
      await copyFile(path, join(folder, split, name, `${digest.slice(0, 16)}.png`));
    }
  }
}

/** Returns up to `most` pictures in the order of their SHA-256, without those in `seen`, and adds them to it. */
async function distinct(paths: readonly string[], seen: Set<string>, most: number) {
  const hashed = await Promise.all(
    paths.map(async (path) => ({
      path,
      digest: createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    })),
  );
  const chosen: typeof hashed = [];
  for (const each of hashed.sort((a, b) => (a.digest < b.digest ? -1 : 1))) {
    if (chosen.length === most) break;
    if (seen.has(each.digest) || (await pixelsOf(each.path)) > MAX_PIXELS) continue;
    seen.add(each.digest);
    chosen.push(each);
  }
  return chosen;
}

async function pixelsOf(path: string): Promise<number> {
  const { width, height } = await sharp(path, { limitInputPixels: false }).metadata();
  return width * height;
}

async function run(folder: string, program: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}.`);
}
