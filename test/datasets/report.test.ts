/** Report on a data set: exactly the planted faults are found, and leaks are moved or dropped. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetImport, DatasetInfo } from '../../src/contracts/datasets/dataset.js';
import type { DatasetReport } from '../../src/contracts/datasets/dataset-report.js';
import { createDatasetImages } from '../../src/datasets/image-answers.js';
import { verifyDataset } from '../../src/datasets/index.js';
import { readLeaks } from '../../src/datasets/report/leaks.js';
import { type Imports, openImports, tiny } from '../support/imports.js';
import { entriesOf, rawZip } from '../support/zip.js';

let imports: Imports;
let images: ReturnType<typeof createDatasetImages>;
beforeAll(async () => {
  imports = await openImports();
  images = createDatasetImages({ datasetsDir: '', importedDir: imports.importedDir });
});
afterAll(() => imports.close());

type Files = Readonly<Record<string, Uint8Array | string>>;
const importFiles = (files: Files, options: Partial<DatasetImport> = {}): Promise<DatasetInfo> =>
  imports.import(rawZip(entriesOf(files)), { side: 64, ...options });

/** Returns a picture like no other: 6 × 6 random colours, enlarged smoothly to 120 × 80 pixels. */
function scene(seed: number): Promise<Buffer> {
  let state = (seed + 1) * 2_654_435_761;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let i = 0; i < 8; i++) next();
  const colours = Uint8Array.from({ length: 6 * 6 * 3 }, () => next() >>> 24);
  return sharp(colours, { raw: { width: 6, height: 6, channels: 3 } })
    .resize(120, 80, { fit: 'fill', kernel: 'cubic' })
    .png()
    .toBuffer();
}

/** Returns a dark drawing on transparency: on black it shows nothing. */
const darkDrawing = (): Promise<Buffer> =>
  sharp({ create: { width: 90, height: 90, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .composite([{ input: { create: { width: 40, height: 3, channels: 4, background: '#070707' } }, top: 20, left: 20 }])
    .png()
    .toBuffer();

const plain = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 50, height: 50, channels: 3, background } })
    .png()
    .toBuffer();

/** Returns 300 images of three classes and two splits with planted faults. */
async function plantedFiles(): Promise<Record<string, Uint8Array | string>> {
  const files: Record<string, Uint8Array | string> = {};
  for (let i = 0; i < 286; i++) {
    const split = i % 5 === 0 ? 'test' : 'train';
    files[`${split}/${['ant', 'bee', 'cow'][i % 3]}/${i}.png`] = await scene(i);
  }
  const [one, two, three, four, five] = await Promise.all([1, 2, 3, 4, 6].map(scene));
  return {
    ...files,
    'test/bee/same-file.png': one as Buffer,
    'test/cow/same-pixels.tiff': await sharp(two).tiff({ compression: 'none' }).toBuffer(),
    'test/ant/compressed.jpg': await sharp(three).jpeg({ quality: 50 }).toBuffer(),
    'test/bee/scaled.png': await sharp(four).resize(90, 60).png().toBuffer(),
    'train/ant/enlarged.png': await sharp(five).resize(240, 160).png().toBuffer(),
    'train/cow/doubted.png': await scene(7), // also train/bee/7.png
    'train/ant/black.png': await plain('#000000'),
    'train/bee/drawing.png': await darkDrawing(),
    'test/cow/grey.png': await plain('#808080'),
    'train/ant/damaged.png': 'no image',
    'train/readme.txt': 'Images of animals.',
  };
}

const findingsOf = ({ findings }: DatasetReport): (readonly [string, string, number])[] =>
  findings.map(({ level, code, images: count }) => [level, code, count]);

describe('the report on 300 images with planted faults', () => {
  let info: DatasetInfo;
  let report: DatasetReport;
  beforeAll(async () => {
    info = await importFiles(await plantedFiles(), { onError: 'skip' });
    report = await images.report(info.name);
  }, 60_000);

  it('finds exactly the planted faults, the most important first', () => {
    expect(findingsOf(report)).toEqual([
      ['serious', 'leaks', 2],
      ['serious', 'near-leaks', 2],
      ['serious', 'conflicts', 1],
      ['serious', 'blank', 3],
      ['note', 'left-out', 2],
      ['note', 'copies', 3],
    ]);
    expect(info.imported?.warnings).toEqual(
      report.findings.filter(({ level }) => level !== 'note').map(({ message }) => message),
    );
  });

  it('counts them by split', () => {
    expect(report.same).toEqual({ groups: 3, images: 6, leakedTest: 2, leakedValidation: 0, conflicts: 1 });
    expect(report.near).toEqual({
      ...{ groups: 3, images: 6, leakedTest: 2, leakedValidation: 0, conflicts: 0, isComplete: true },
    });
    expect(report.blank).toEqual({ images: 3, train: 2, test: 1, transparent: 1 });
    expect(report.leftOut?.files).toBe(2);
    expect(report.imbalance.ratio).toBeLessThan(1.1);
  });

  it('names the files of each group', async () => {
    const pathsOf = async (match: 'same' | 'near') =>
      (await images.duplicates(info.name, { match, limit: 10 })).groups.map(({ kinds, images: all }) => [
        kinds.join(),
        all.map(({ path }) => path).sort(),
      ]);
    expect((await pathsOf('same')).sort()).toEqual([
      ['conflict', ['train/bee/7.png', 'train/cow/doubted.png']],
      ['leak', ['test/bee/same-file.png', 'train/bee/1.png']],
      ['leak', ['test/cow/same-pixels.tiff', 'train/cow/2.png']],
    ]);
    expect((await pathsOf('near')).sort()).toEqual([
      ['copy', ['train/ant/6.png', 'train/ant/enlarged.png']],
      ['leak', ['test/ant/compressed.jpg', 'train/ant/3.png']],
      ['leak', ['test/bee/scaled.png', 'train/bee/4.png']],
    ]);
  });

  it('lists the images that show nothing, page by page', async () => {
    const first = await images.blank(info.name, { limit: 2 });
    const rest = await images.blank(info.name, { limit: 2, cursor: first.nextCursor ?? '' });
    expect(rest.nextCursor).toBeUndefined();
    const all = [...first.images, ...rest.images];
    expect(all.map(({ split, path, colour, transparent }) => [split, path, colour, transparent])).toEqual(
      expect.arrayContaining([
        ['train', 'train/ant/black.png', '#000000', false],
        ['train', 'train/bee/drawing.png', '#000000', true],
        ['test', 'test/cow/grey.png', '#808080', false],
      ]),
    );
    for (const { split, index, url } of all)
      expect(url).toMatch(new RegExp(`^/datasets/${info.name}/images/${split}/${index}\\?version=`));
  });

  it('has the sizes of the originals', () => {
    expect(report.sizes).toMatchObject({
      images: 295,
      enlarged: 2,
      width: { min: 50, median: 120, max: 240 },
      height: { min: 50, median: 80, max: 160 },
      aspect: { min: 1, p5: 1.5, median: 1.5, p95: 1.5, max: 1.5 },
    });
  });

  it('keeps the leaked test images with the least index of their twin', async () => {
    const pathOf = async (split: 'train' | 'test') =>
      new Map((await images.list(info.name, { split, limit: 500 })).images.map(({ index, path }) => [index, path]));
    const [train, test] = [await pathOf('train'), await pathOf('test')];
    const leaks = await readLeaks(join(imports.importedDir, info.name));
    expect(leaks?.map(({ image, kind, train: twin }) => [test.get(image), kind, train.get(twin ?? -1)]).sort()).toEqual(
      [
        ['test/ant/compressed.jpg', 'near', 'train/ant/3.png'],
        ['test/bee/same-file.png', 'same', 'train/bee/1.png'],
        ['test/bee/scaled.png', 'near', 'train/bee/4.png'],
        ['test/cow/same-pixels.tiff', 'same', 'train/cow/2.png'],
      ],
    );
  });

  it('of an earlier version has what is known', async () => {
    for (const file of ['report.json', 'near-duplicates.jsonl', 'blank.jsonl', 'leaks.json'])
      await rm(join(imports.importedDir, info.name, file));
    const older = await images.report(info.name);
    expect(older).not.toHaveProperty('near');
    expect(older).not.toHaveProperty('blank');
    expect(older).toMatchObject({ counts: report.counts, same: report.same, imbalance: report.imbalance });
    expect(await images.duplicates(info.name, { match: 'near', limit: 10 })).toEqual({ groups: [] });
    expect(await images.blank(info.name, { limit: 10 })).toEqual({ images: [] });
    expect(await readLeaks(join(imports.importedDir, info.name))).toBeUndefined();
  });
});

describe('leaks', () => {
  /** Returns a leak between train and test, one between validation and test, and a near one between all three. */
  async function leakyFiles(): Promise<Record<string, Uint8Array>> {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 8; i++) files[`train/${i % 2 === 0 ? 'a' : 'b'}/${i}.png`] = await scene(i);
    for (let i = 8; i < 12; i++) files[`valid/${i % 2 === 0 ? 'a' : 'b'}/${i}.png`] = await scene(i);
    for (let i = 12; i < 16; i++) files[`test/${i % 2 === 0 ? 'a' : 'b'}/${i}.png`] = await scene(i);
    files['test/a/of-train.png'] = await scene(0);
    files['test/a/of-valid.png'] = await scene(8);
    files['valid/b/of-train.png'] = await sharp(await scene(1))
      .resize(90, 60)
      .png()
      .toBuffer();
    files['test/b/of-both.png'] = await sharp(await scene(1))
      .jpeg({ quality: 60 })
      .toBuffer();
    return files;
  }

  const splitsOf = async (name: string): Promise<Record<string, string[]>> =>
    Object.fromEntries(
      await Promise.all(
        (['train', 'validation', 'test'] as const).map(async (split) => {
          const { images: all } = await images.list(name, { split, limit: 100 });
          return [split, all.map(({ path }) => path ?? '').sort()] as const;
        }),
      ),
    );

  const NOBODY = { client: '', signal: new AbortController().signal };

  /** Returns the picture of each file, as a PNG, and its class. */
  async function picturesOf(name: string): Promise<Map<string, Readonly<{ of: string; png: Buffer }>>> {
    const found = new Map<string, Readonly<{ of: string; png: Buffer }>>();
    for (const split of ['train', 'validation', 'test'] as const)
      for (const { index, path = '', class: of } of (await images.list(name, { split, limit: 100 })).images)
        found.set(path, { of, png: (await images.image({ name, split, index }, undefined, NOBODY)).png });
    return found;
  }

  /** Checks that each image is the picture of its file, in its class, as in an import that moves and drops nothing. */
  async function expectIntact(name: string, files: Files): Promise<void> {
    await verifyDataset(name, { datasetsDir: '', importedDir: imports.importedDir });
    const expected = await picturesOf((await importFiles(files)).name);
    for (const [path, picture] of await picturesOf(name)) expect(picture).toEqual(expected.get(path));
  }

  it('are only reported by default', async () => {
    const files = await leakyFiles();
    const { name, imported } = await importFiles(files);
    expect(imported).not.toHaveProperty('onLeak');
    expect(findingsOf(await images.report(name)).slice(0, 3)).toEqual([
      ['serious', 'leaks', 2],
      ['serious', 'near-leaks', 1],
      ['serious', 'near-leaks', 1],
    ]);
    expect(Object.values(await splitsOf(name)).flat()).toHaveLength(Object.keys(files).length);
  });

  it('are dropped from the training and validation images, and every test image stays', async () => {
    const files = await leakyFiles();
    const { name, imported, trainSamples } = await importFiles(files, { onLeak: 'drop' });
    const dropped = ['train/a/0.png', 'train/b/1.png', 'valid/a/8.png', 'valid/b/of-train.png'];
    const { train, validation, test } = await splitsOf(name);
    expect([...(train ?? []), ...(validation ?? []), ...(test ?? [])].sort()).toEqual(
      Object.keys(files)
        .filter((path) => !dropped.includes(path))
        .sort(),
    );
    expect(trainSamples).toBe(6);
    expect(imported).toMatchObject({ onLeak: 'drop', leftOut: { files: 4 } });
    expect(imported?.warnings).toBeUndefined();
    const report = await images.report(name);
    expect(report.resolvedLeaks).toEqual({ action: 'drop', images: 4 });
    expect(findingsOf(report)).toEqual([
      ['note', 'leaks-resolved', 4],
      ['note', 'left-out', 4],
    ]);
    await expectIntact(name, files);
  });

  it('move to the split that is trained on most, in whole groups', async () => {
    const files = await leakyFiles();
    const { name, imported } = await importFiles(files, { onLeak: 'move' });
    const { train, validation, test } = await splitsOf(name);
    expect(train).toEqual(
      expect.arrayContaining(['test/a/of-train.png', 'valid/b/of-train.png', 'test/b/of-both.png']),
    );
    expect(validation).toEqual([
      'test/a/of-valid.png',
      'valid/a/10.png',
      'valid/a/8.png',
      'valid/b/11.png',
      'valid/b/9.png',
    ]);
    expect(test).toEqual(['test/a/12.png', 'test/a/14.png', 'test/b/13.png', 'test/b/15.png']);
    expect(imported).toMatchObject({ onLeak: 'move' });
    const report = await images.report(name);
    expect(report.resolvedLeaks).toEqual({ action: 'move', images: 4 });
    expect(report.same?.leakedTest).toBe(0);
    expect(report.near).toMatchObject({ leakedTest: 0, leakedValidation: 0 });
    await expectIntact(name, files);
  });

  it('move with the whole groups of their images, and with what is tied to these', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 6; i++) files[`train/${i % 2 === 0 ? 'a' : 'b'}/p${i}_0.png`] = await scene(i);
    for (let i = 6; i < 12; i++) files[`valid/${i % 2 === 0 ? 'a' : 'b'}/p${i}_0.png`] = await scene(i);
    for (let i = 12; i < 18; i++) files[`test/${i % 2 === 0 ? 'a' : 'b'}/p${i}_0.png`] = await scene(i);
    files['test/a/p20_0.png'] = await scene(0); // the picture of a training image …
    files['test/b/p20_1.png'] = await scene(20); // … has another one in its group,
    files['valid/b/p21_0.png'] = await scene(20); // which is also in a group of the validation split
    files['valid/a/p21_1.png'] = await scene(21);
    const { name } = await importFiles(files, { onLeak: 'move', groups: '^(p\\d+)_' });
    const { train, validation, test } = await splitsOf(name);
    const moved = ['test/a/p20_0.png', 'test/b/p20_1.png', 'valid/a/p21_1.png', 'valid/b/p21_0.png'];
    expect(train?.filter((path) => !path.startsWith('train/'))).toEqual(moved);
    expect([validation?.length, test?.length]).toEqual([6, 6]);
    expect((await images.report(name)).resolvedLeaks).toEqual({ action: 'move', images: 4 });
    await expectIntact(name, files);
  });

  it('of every test image refuse the import, and nothing is stored', async () => {
    const files = { 'train/a/0.png': await tiny(0), 'train/b/1.png': await tiny(1), 'test/a/0.png': await tiny(0) };
    const before = await readdir(imports.importedDir);
    await expect(importFiles({ ...files, 'test/b/1.png': await tiny(1) }, { onLeak: 'move' })).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(/^With `onLeak=move` the test split has no image left/),
      errors: [{ pointer: '?onLeak' }],
    });
    expect(await readdir(imports.importedDir)).toEqual(before);
  });

  it('of a group in every test image refuse the import, with the reason', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const [i, path] of ['train/a/p0_0', 'train/b/p1_0', 'test/b/p2_0'].entries())
      files[`${path}.png`] = await tiny(i);
    const leaky = { ...files, 'test/a/p2_1.png': await tiny(0) };
    await expect(importFiles(leaky, { onLeak: 'move', groups: '^(p\\d+)_' })).rejects.toMatchObject({
      message: expect.stringContaining('all of its pictures, or other pictures of their groups, are in another split'),
    });
  });

  it('of every training image of a class refuse the import, with the class', async () => {
    const files = { 'train/a/0.png': await scene(0), 'train/b/1.png': await scene(1), 'test/a/0.png': await scene(0) };
    await expect(importFiles({ ...files, 'train/b/2.png': await scene(2) }, { onLeak: 'drop' })).rejects.toMatchObject({
      code: 'invalid_dataset',
      errors: [{ pointer: '/a', message: 'has no usable training image' }],
    });
  });

  it('imported again with another action are another import', async () => {
    const { name } = await importFiles(await leakyFiles(), { onLeak: 'drop' });
    expect(await imports.again(name, { side: 64, onLeak: 'drop' })).toMatchObject({ name });
    await expect(imports.again(name, { side: 64 })).rejects.toMatchObject({
      code: 'dataset_exists',
      errors: [{ pointer: '?onLeak', message: expect.stringMatching(/^is report, and was drop/) }],
    });
  });
});
