/**
 * `npm run bench:near-duplicates -- <folder>`: which altered copies of the images in a folder an import recognizes as near duplicates, and
 * how long the search takes among 100,000 pictures. `--images`: most images, default 150.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { resolveImagePreprocessing } from '../src/contracts/images/image-preprocessing.js';
import { createContents } from '../src/datasets/report/contents.js';
import { createNearSearch, type Prints } from '../src/datasets/report/near-search.js';
import { createImageDecoder } from '../src/images/image-decoder.js';
import { factsOf, type ImageFacts, THUMB_BYTES } from '../src/images/image-facts.js';
import { sizeOfImage } from '../src/images/image-size.js';
import { contentRegion } from '../src/images/placement.js';
import { describeMachine, printMachine, printTable } from './support/report.js';

const SIDE = 96;
const PICTURES = 100_000;
const target = { height: SIDE, width: SIDE, channels: 3, ...resolveImagePreprocessing({}) } as const;

const { values, positionals } = parseArgs({
  options: { images: { type: 'string', default: '150' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Give a folder of images.');
const decoder = createImageDecoder();
printMachine(await describeMachine(), '');
const files = await readImages(folder, Number(values.images));
await recall(files);
await pairs(files);
await duration();

/** Reads images evenly spaced among all in the folder, in the order of their paths. */
async function readImages(root: string, most: number): Promise<Buffer[]> {
  const paths = (await readdir(root, { recursive: true })).filter((path) => /\.(png|jpe?g|webp)$/i.test(path)).sort();
  const step = Math.max(1, paths.length / most);
  const chosen = Array.from({ length: Math.min(most, paths.length) }, (_, i) => paths[Math.floor(i * step)] ?? '');
  return Promise.all(chosen.map((path) => readFile(join(root, path))));
}

type Look = Readonly<{ pixels: Uint8Array; facts: ImageFacts }>;

async function look(file: Buffer): Promise<Look> {
  const pixels = await decoder.decode(file, target);
  return { pixels, facts: factsOf({ pixels, ...target }, contentRegion(await sizeOfImage(file), target)) };
}

/** Finds near duplicates among images as an import does. Returns a function that tells whether two of them are, by their numbers. */
async function search(images: readonly Look[]): Promise<(one: number, other: number) => boolean> {
  const contents = createContents();
  const numbers = images.map(({ pixels, facts }) => contents.add(pixels, facts));
  const found = createNearSearch(contents.prints());
  const near = new Set<string>();
  await found.run((one, other) => near.add([one, other].sort().join()));
  return (one, other) => {
    const [a = -1, b = -1] = [one, other].map((image) => found.clusterOf[numbers[image] ?? -1] ?? -1);
    return a >= 0 && (a === b || near.has([a, b].sort().join()));
  };
}

/** Returns altered copies of an image. The keys name the alterations, such as `half the size`. */
async function copiesOf(file: Buffer): Promise<Record<string, Buffer>> {
  const { width, height } = await sharp(file).metadata();
  const image = () => sharp(file);
  const cropped = (share: number) => {
    const [left, top] = [Math.round((width * share) / 3), Math.round((height * share) / 3)];
    const size = { width: Math.round(width * (1 - share)), height: Math.round(height * (1 - share)) };
    return image().extract({ left, top, ...size });
  };
  const made = {
    'JPEG of quality 50, on black': image().flatten({ background: '#000000' }).jpeg({ quality: 50 }),
    'half the size': image()
      .resize(Math.ceil(width / 2), Math.ceil(height / 2))
      .png(),
    'twice the size': image()
      .resize(2 * width, 2 * height)
      .png(),
    'cropped by 2 %': cropped(0.02).png(),
    'cropped by 5 %': cropped(0.05).png(),
    'cropped by 10 %': cropped(0.1).png(),
    '10 % brighter': image().linear(1.1, 0).png(),
  };
  const entries = Object.entries(made).map(async ([name, copy]) => [name, await copy.toBuffer()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Prints the share of the copies that the import recognizes. */
async function recall(images: readonly Buffer[]): Promise<void> {
  const found = new Map<string, number>();
  let count = 0;
  for (const file of images) {
    const copies = Object.entries(await copiesOf(file));
    const looks = await Promise.all([file, ...copies.map(([, copy]) => copy)].map(look));
    if (looks[0]?.facts.hash === undefined) continue;
    const areNear = await search(looks);
    count += 1;
    for (const [index, [name]] of copies.entries())
      found.set(name, (found.get(name) ?? 0) + Number(areNear(0, index + 1)));
  }
  printTable(
    ['copy', `recognized of ${count}`],
    [...found].map(([name, recognized]) => [name, `${((100 * recognized) / count).toFixed(1)} %`]),
  );
}

/** Prints how many pairs of the images themselves count as near duplicates. */
async function pairs(images: readonly Buffer[]): Promise<void> {
  const areNear = await search(await Promise.all(images.map(look)));
  const numbers = [...images.keys()];
  const near = numbers.reduce(
    (sum, one) => sum + numbers.filter((other) => other < one && areNear(one, other)).length,
    0,
  );
  console.log(`\n${near} of ${(images.length * (images.length - 1)) / 2} pairs of different files are near duplicates`);
}

/** Prints the time of the search among random pictures. */
async function duration(): Promise<void> {
  let state = 1;
  const random = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const prints: Prints = {
    high: new Uint32Array(PICTURES).map(random),
    low: new Uint32Array(PICTURES).map(random),
    thumbs: new Uint8Array(PICTURES * THUMB_BYTES),
    isComparable: new Uint8Array(PICTURES).fill(1),
  };
  const before = process.cpuUsage();
  await createNearSearch(prints).run(() => undefined);
  const { user, system } = process.cpuUsage(before);
  console.log(`search among ${PICTURES} random pictures: ${((user + system) / 1e6).toFixed(1)} s of one core`);
}
