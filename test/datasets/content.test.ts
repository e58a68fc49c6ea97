/** Content of data sets: numbers of images, single images and duplicates, read without loading a split. */
import { copyFile, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetImagesQuery } from '../../src/contracts/datasets/dataset-content.js';
import type { DatasetSpec } from '../../src/contracts/jobs/job.js';
import { createDatasetImages } from '../../src/datasets/image-answers.js';
import { loadDataset } from '../../src/datasets/index.js';
import { type Imports, openImports, tiny } from '../support/imports.js';
import { entriesOf, rawZip } from '../support/zip.js';

const DATASETS_DIR = process.env['DATASETS_DIR'] ?? join(import.meta.dirname, '../../data/datasets');
const NOBODY = { client: '', signal: new AbortController().signal };
const spec = (name: string, trainSamples: number): DatasetSpec => ({
  ...{ name, resize: 28, trainSamples, testSamples: 10, validationSamples: 0 },
});

let imports: Imports;
let images: ReturnType<typeof createDatasetImages>;
beforeAll(async () => {
  imports = await openImports();
  images = createDatasetImages({ datasetsDir: DATASETS_DIR, importedDir: imports.importedDir });
});
afterAll(() => imports.close());

const zip = (files: Readonly<Record<string, Uint8Array | string>>) => rawZip(entriesOf(files));
const page = (over: Partial<DatasetImagesQuery> = {}): DatasetImagesQuery => ({ split: 'train', limit: 100, ...over });
const pixelsOf = async (name: string, split: 'train' | 'test', index: number): Promise<Buffer> => {
  const { png } = await images.image({ name, split, index }, undefined, NOBODY);
  return decode(png);
};
/** Returns the pixels of a PNG, one byte each if it is grey. */
async function decode(png: Buffer): Promise<Buffer> {
  const { channels } = await sharp(png).metadata();
  return sharp(png)
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
}

describe('built-in data sets', () => {
  it.each(['fashion-mnist', 'synthetic'])(
    '%s shows the pixels and classes that a job of seed 0 trains on',
    async (name) => {
      const { info, train } = await loadDataset(spec(name, 200), 0, { datasetsDir: DATASETS_DIR });
      const { images: listed, total, nextCursor } = await images.list(name, page({ limit: 3, cursor: '150' }));
      expect({ total, nextCursor }).toEqual({ total: 60_000, nextCursor: '153' });
      expect(listed.map((image) => image.class)).toEqual(
        [150, 151, 152].map((at) => info.classes[train.labels[at] ?? 0]),
      );
      expect(await pixelsOf(name, 'train', 151)).toEqual(Buffer.from(train.images.subarray(151 * 784, 152 * 784)));
    },
  );

  it.each(['fashion-mnist', 'synthetic'])('%s has as many images of a class as it counts', async (name) => {
    const { counts, classes, duplicates } = await images.details(name);
    expect(duplicates).toBeUndefined();
    expect(counts.test.reduce((sum, count) => sum + count, 0)).toBe(10_000);
    let found = 0;
    for (let cursor: string | undefined = '0'; cursor !== undefined; ) {
      const next = await images.list(name, page({ split: 'test', class: classes[3] ?? '', limit: 500, cursor }));
      expect(next.total).toBe(counts.test[3]);
      expect(next.images.every((image) => image.class === classes[3])).toBe(true);
      found += next.images.length;
      cursor = next.nextCursor;
    }
    expect(found).toBe(counts.test[3]);
  });

  it('are read from gzip files as well', async () => {
    const folder = join(imports.importedDir, '../packed');
    await mkdir(folder);
    for (const file of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'])
      await writeFile(
        join(folder, `${file}.gz`),
        gzipSync(await readFile(join(DATASETS_DIR, 'fashion-mnist', file)), { level: 1 }),
      );
    const packed = createDatasetImages({ datasetsDir: folder, importedDir: imports.importedDir });
    const last = { name: 'fashion-mnist', split: 'test', index: 9_999 } as const;
    expect(await packed.image(last, undefined, NOBODY)).toEqual(await images.image(last, undefined, NOBODY));
    await expect(packed.image({ ...last, split: 'train' }, undefined, NOBODY)).rejects.toMatchObject({
      code: 'dataset_corrupt',
    });
  });
});

describe('an imported data set', () => {
  it('counts and lists its images by class and split, with their pixels', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 5; i++) files[`train/ant/${i}.png`] = await tiny(i);
    for (let i = 5; i < 7; i++) files[`train/<b>bee/${i}.png`] = await tiny(i);
    for (let i = 7; i < 10; i++) files[`valid/ant/${i}.png`] = await tiny(i);
    files['test/<b>bee/10.png'] = await tiny(10);
    const { name } = await imports.import(zip(files));
    const { counts, duplicates } = await images.details(name);
    expect(counts).toEqual({ train: [2, 5], validation: [0, 3], test: [1, 0] });
    expect(duplicates).toEqual({ groups: 0, images: 0, leakedTest: 0, leakedValidation: 0, conflicts: 0 });
    const bees = await images.list(name, page({ class: '<b>bee', limit: 1 }));
    expect(bees).toMatchObject({ split: 'train', total: 2, images: [{ class: '<b>bee' }] });
    expect(bees.images[0]?.path).toMatch(/^train\/<b>bee\/[56]\.png$/);
    const rest = await images.list(name, page({ class: '<b>bee', cursor: bees.nextCursor ?? '' }));
    expect(rest.images).toHaveLength(1);
    expect(rest.nextCursor).toBeUndefined();
    expect((await images.list(name, page({ split: 'validation', class: '<b>bee' }))).images).toEqual([]);
    expect((await images.list(name, page({ cursor: '9999999' }))).images).toEqual([]);
  });

  it('names the file of each image, and of the same image in every page', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 9; i++) files[`train/${i % 2 === 0 ? 'a' : 'b'}/${'ä'.repeat(i)}-${i}.png`] = await tiny(i);
    const { name } = await imports.import(zip({ ...files, 'test/a/10.png': await tiny(10) }));
    const { images: all } = await images.list(name, page());
    expect(new Set(all.map(({ path }) => path))).toEqual(new Set(Object.keys(files)));
    for (const { index, path } of all) {
      expect((await images.list(name, page({ limit: 1, cursor: String(index) }))).images).toMatchObject([{ path }]);
      expect(await pixelsOf(name, 'train', index)).toEqual(await decode(Buffer.from(files[path ?? ''] ?? '')));
    }
  });

  it('counts the images that remain after unusable ones were left out', async () => {
    const files = { 'a/1.png': await tiny(1), 'a/2.png': await tiny(2), 'a/3.png': 'no image' };
    const { name } = await imports.import(zip({ ...files, 'b/4.png': await tiny(4), 'b/5.png': await tiny(5) }), {
      onError: 'skip',
    });
    const { counts } = await images.details(name);
    expect(counts).toEqual({ train: [1, 1], test: [1, 1] });
  });

  it('without statistics, from an earlier version, is counted by its labels and has no duplicates', async () => {
    const { name } = await imports.import(
      zip({ 'a/1.png': await tiny(1), 'a/2.png': await tiny(2), 'b/3.png': await tiny(3), 'b/4.png': await tiny(4) }),
    );
    const { counts } = await images.details(name);
    for (const file of ['statistics.json', 'duplicates.jsonl', 'train-paths.bin'])
      await rm(join(imports.importedDir, name, file));
    expect((await images.list(name, page())).images[0]).not.toHaveProperty('path');
    const older = await images.details(name);
    expect(older.counts).toEqual(counts);
    expect(older).not.toHaveProperty('duplicates');
    expect(await images.duplicates(name, { limit: 10 })).toEqual({ groups: [] });
  });

  it('has a URL for each image that another data set under its name does not answer', async () => {
    const one = zip({
      'a/1.png': await tiny(1),
      'a/2.png': await tiny(2),
      'b/3.png': await tiny(3),
      'b/4.png': await tiny(4),
    });
    const { name } = await imports.import(one);
    const {
      images: [first],
    } = await images.list(name, page());
    const version = new URL(first?.url ?? '', 'http://x').searchParams.get('version') ?? '';
    const key = { name, split: 'train', index: 0 } as const;
    expect(await images.image(key, version, NOBODY)).toMatchObject({ version });
    await expect(images.image(key, '0123456789abcdef', NOBODY)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('was replaced'),
    });
    await expect(images.image({ ...key, index: 2 }, undefined, NOBODY)).rejects.toMatchObject({
      message: `The train split of ${name} has the images 0–1, and no image 2.`,
    });
    await expect(images.image({ ...key, split: 'validation' }, undefined, NOBODY)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(images.list(name, page({ class: 'c' }))).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '?class' }],
    });
  });

  it.each(['train-images', 'train-labels', 'test-images', 'test-labels'])(
    'whose file %s is cut off or missing cannot be used',
    async (file) => {
      const { name } = await imports.import(
        zip({ 'a/1.png': await tiny(1), 'a/2.png': await tiny(2), 'b/3.png': await tiny(3), 'b/4.png': await tiny(4) }),
      );
      await images.requireFiles(name);
      const path = join(imports.importedDir, name, `${file}.idx`);
      const refused = { code: 'dataset_corrupt', message: expect.stringContaining(path) };
      await truncate(path, (await stat(path)).size - 1);
      await expect(images.requireFiles(name)).rejects.toMatchObject(refused);
      await rm(path);
      await expect(images.requireFiles(name)).rejects.toMatchObject(refused);
      await rm(join(imports.importedDir, name), { recursive: true });
      await expect(images.requireFiles(name)).rejects.toMatchObject({ code: 'dataset_not_found' });
    },
  );

  it('with a file that is cut off says which one', async () => {
    const { name } = await imports.import(
      zip({ 'a/1.png': await tiny(1), 'a/2.png': await tiny(2), 'b/3.png': await tiny(3), 'b/4.png': await tiny(4) }),
    );
    await copyFile(
      join(imports.importedDir, name, 'train-labels.idx'),
      join(imports.importedDir, name, 'train-images.idx'),
    );
    await expect(images.image({ name, split: 'train', index: 1 }, undefined, NOBODY)).rejects.toMatchObject({
      code: 'dataset_corrupt',
      message: expect.stringContaining('train-images.idx'),
    });
  });
});

describe('images that occur several times', () => {
  it('are named as leaks, conflicts and copies, and warned about', async () => {
    const [leaked, doubted, copied] = [await tiny(1), await tiny(2), await tiny(3)];
    const { name, imported } = await imports.import(
      zip({
        'train/ant/leaked.png': leaked,
        'test/ant/same.png': leaked,
        'valid/bee/again.png': leaked,
        'train/ant/doubted.png': doubted,
        'train/bee/doubted.png': doubted,
        'train/bee/one.png': copied,
        // The same pixels in another file.
        'train/bee/two.webp': await sharp(copied).webp({ lossless: true }).toBuffer(),
        'test/bee/other.png': await tiny(4),
      }),
    );
    expect((await images.details(name)).duplicates).toEqual({
      ...{ groups: 3, images: 7, leakedTest: 1, leakedValidation: 1, conflicts: 2 },
    });
    expect(imported?.warnings).toEqual([
      expect.stringMatching(/^1 test image has the same pixels as training or validation images/),
      expect.stringMatching(/^1 validation image has/),
      expect.stringMatching(/^2 images occur in several classes/),
    ]);
    const { groups } = await images.duplicates(name, { limit: 10 });
    expect(groups.map(({ kinds, count }) => [kinds, count])).toEqual([
      [['leak', 'conflict'], 3],
      [['conflict'], 2],
      [['copy'], 2],
    ]);
    expect(groups[0]?.images.map(({ split, class: of, path }) => [split, of, path])).toEqual([
      ['train', 'ant', 'train/ant/leaked.png'],
      ['validation', 'bee', 'valid/bee/again.png'],
      ['test', 'ant', 'test/ant/same.png'],
    ]);
    const first = await images.duplicates(name, { kind: 'conflict', limit: 1 });
    expect(first.groups[0]?.kinds).toContain('leak');
    const second = await images.duplicates(name, { kind: 'conflict', limit: 1, cursor: first.nextCursor ?? '' });
    expect(second).toEqual({ groups: [groups[1]] });
    for (const { split, index, url } of groups[0]?.images ?? []) {
      const { version, png } = await images.image({ name, split, index }, undefined, NOBODY);
      expect(url).toBe(`/datasets/${name}/images/${split}/${index}?version=${version}`);
      expect(await decode(png)).toEqual(await pixelsOf(name, 'train', groups[0]?.images[0]?.index ?? 0));
    }
  });

  it('of a large group are listed up to a limit, with one of each split and class', async () => {
    const files: Record<string, Uint8Array> = { 'test/b/last.png': await tiny(0), 'train/b/x.png': await tiny(9) };
    for (let i = 0; i < 30; i++) files[`train/a/${i}.png`] = await tiny(0);
    const { name } = await imports.import(zip(files));
    const { groups } = await images.duplicates(name, { limit: 10 });
    expect(groups).toMatchObject([{ kinds: ['leak', 'conflict'], count: 31 }]);
    expect(groups[0]?.images).toHaveLength(10);
    expect(groups[0]?.images.map(({ split }) => split)).toContain('test');
  });
});
