/** Import of archives: every pixel in its place, splits as in the archive, all or nothing. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetImport } from '../../src/contracts/datasets/dataset.js';
import { type DatasetSpec, resolveJob } from '../../src/contracts/jobs/job.js';
import { importDataset } from '../../src/datasets/import.js';
import { describeDataset, listDatasets, loadDataset, verifyDataset } from '../../src/datasets/index.js';
import { COLOURS, pictureOf, pictures, pixelsOf, placeOf, SIDE, zipOf } from '../support/archive.js';

let folder: string;
let importedDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-import-'));
  importedDir = join(folder, 'datasets');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const OPTIONS: DatasetImport = {
  side: SIDE,
  channels: 3,
  testShare: 0.25,
  background: 'black',
  onError: 'refuse',
  fit: 'contain',
  decoding: 'managed',
  antialias: true,
};

async function importZip(archive: Uint8Array, options: Partial<DatasetImport> = {}, name = 'colours') {
  const path = join(folder, 'upload');
  await writeFile(path, archive);
  return importDataset({ name, path, options: { ...OPTIONS, ...options }, importedDir });
}

const load = async (over: Partial<DatasetSpec> = {}) => {
  const info = await describeDataset('colours', { importedDir });
  const { dataset } = resolveJob(
    { network: 'resnet', dataset: { name: 'colours', ...over } },
    undefined,
    undefined,
    info,
  );
  return loadDataset(dataset, 0, { datasetsDir: '', importedDir });
};

/** Returns the images of a split as sorted texts with their class. */
function contentOf({ images, labels, samples }: Awaited<ReturnType<typeof load>>['train'], classes: readonly string[]) {
  const size = images.length / samples;
  return Array.from(labels, (label, i) => [
    classes[label],
    Buffer.from(images.subarray(i * size, (i + 1) * size)).toString('hex'),
  ])
    .map((pair) => pair.join(' '))
    .sort();
}

/** Returns the images of `pictures` as the same texts. */
const expectedOf = (count: number, first = 0): string[] =>
  COLOURS.flatMap((colour) =>
    Array.from(
      { length: count },
      (_, i) => `${colour} ${Buffer.from(pixelsOf(placeOf(colour), first + i)).toString('hex')}`,
    ),
  ).sort();

describe('an archive with the folders train and test', () => {
  it('is stored pixel by pixel, each image in its class and split', async () => {
    const info = await importZip(await zipOf({ ...(await pictures('train/', 4)), ...(await pictures('test/', 2, 4)) }));
    expect(info).toMatchObject({
      name: 'colours',
      height: SIDE,
      width: SIDE,
      channels: 3,
      trainSamples: 12,
      testSamples: 6,
    });
    expect(info.classes).toEqual(COLOURS);
    expect(info.imported).not.toHaveProperty('testShare');
    const { train, test } = await load();
    expect(contentOf(train, info.classes)).toEqual(expectedOf(4));
    expect(contentOf(test, info.classes)).toEqual(expectedOf(2, 4));
  });

  it('has the mean and standard deviation of its training pixels', async () => {
    const { mean, std } = await importZip(
      await zipOf({ ...(await pictures('train/', 4)), ...(await pictures('test/', 1, 4)) }),
    );
    for (const channel of [0, 1, 2]) {
      const values = COLOURS.flatMap((colour) => [0, 1, 2, 3].flatMap((i) => [...pixelsOf(placeOf(colour), i)]))
        .filter((_, i) => i % 3 === channel)
        .map((value) => value / 255);
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
      expect(mean[channel]).toBeCloseTo(average, 6);
      expect(std[channel]).toBeCloseTo(Math.sqrt(variance), 6);
    }
  });

  it('may be in a subfolder next to files that are not images, and val is the validation split', async () => {
    const files = {
      ...(await pictures('colours-v2/train/', 2)),
      ...(await pictures('colours-v2/val/', 1, 2)),
      ...(await pictures('colours-v2/test/', 1, 3)),
      'colours-v2/README.md': 'Pictures.',
      'colours-v2/train/labels.csv': 'a,b',
      '__MACOSX/colours-v2/train/red/._0.png': 'x',
      'colours-v2/train/red/.DS_Store': 'x',
    };
    const { imported, trainSamples, validationSamples, testSamples, classes } = await importZip(await zipOf(files));
    expect({ trainSamples, validationSamples, testSamples, ignored: imported?.ignoredFiles }).toEqual({
      trainSamples: 6,
      validationSamples: 3,
      testSamples: 3,
      ignored: 2,
    });
    const { train, validation } = await load();
    expect(contentOf(train, classes)).toEqual(expectedOf(2));
    expect(validation && contentOf(validation, classes)).toEqual(expectedOf(1, 2));
  });

  it('stores JPEG and WebP images, in grey if requested', async () => {
    const files: Record<string, Buffer> = {};
    for (const [i, format] of (['jpeg', 'webp', 'png'] as const).entries()) {
      const ending = format === 'jpeg' ? 'JPG' : format;
      for (const split of ['train', 'test'])
        for (const colour of COLOURS)
          files[`${split}/${colour}/${i}.${ending}`] = await pictureOf(placeOf(colour), i, format);
    }
    const info = await importZip(await zipOf(files), { channels: 1, side: 12 });
    expect(info).toMatchObject({ channels: 1, height: 12, trainSamples: 9, mean: [expect.any(Number)] });
    const { train } = await load();
    expect(train.images).toHaveLength(9 * 12 * 12);
  });
});

describe('an archive of class folders alone', () => {
  it('takes a share of each class for the test, chosen by paths alone', async () => {
    const files = await pictures('', 8);
    const info = await importZip(await zipOf(files));
    expect(info).toMatchObject({ trainSamples: 18, testSamples: 6, imported: { testShare: 0.25 } });
    const { train, test } = await load();
    expect([...contentOf(train, info.classes), ...contentOf(test, info.classes)].sort()).toEqual(expectedOf(8));
    expect(Array.from({ length: 3 }, (_, label) => test.labels.filter((each) => each === label).length)).toEqual([
      2, 2, 2,
    ]);

    const reversed = Object.fromEntries(Object.entries(files).reverse());
    await rm(join(importedDir, 'colours'), { recursive: true });
    await importZip(await zipOf(reversed));
    expect(Buffer.from((await load()).train.images)).toEqual(Buffer.from(train.images));
  });

  it('gives a fair sample of all classes to a job that uses its first images', async () => {
    const { classes } = await importZip(await zipOf(await pictures('', 20)));
    const { train } = await load({ trainSamples: 24 });
    expect(new Set(train.labels).size).toBe(classes.length);
  });
});

describe('refusal of an archive, with nothing left behind', () => {
  it.each<[what: string, archive: () => Promise<Uint8Array>, sentence: RegExp]>([
    ['that is not a ZIP archive', async () => Buffer.from('not an archive'), /is neither a ZIP nor a tar archive/],
    ['that is cut off', async () => (await zipOf(await pictures('', 2))).subarray(0, 500), /is cut off/],
    ['without images', () => zipOf({ 'train/red/notes.txt': 'none' }), /has no image that can be read/],
    [
      'of one class',
      async () => zipOf({ 'red/0.png': await pictureOf(0, 0), 'red/1.png': await pictureOf(0, 1) }),
      /has one class, red/,
    ],
    [
      'of images in no folder',
      async () => zipOf({ ...(await pictures('', 2)), 'stray.png': await pictureOf(0, 0) }),
      /stray\.png is in no class folder/,
    ],
    [
      'of train and val without a test',
      async () => zipOf({ ...(await pictures('train/', 2)), ...(await pictures('val/', 1)) }),
      /none named test/,
    ],
    [
      'with a class in the test alone',
      async () =>
        zipOf({
          ...(await pictures('train/', 2)),
          ...(await pictures('test/', 1)),
          'test/pink/0.png': await pictureOf(0, 0),
        }),
      /to the class pink, which has no training image/,
    ],
    ['of one image in each class', async () => zipOf(await pictures('', 1)), /no class has two images/],
  ])('refuses an archive %s', async (_, archive, sentence) => {
    await expect(importZip(await archive())).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(sentence),
    });
    expect(await readdir(importedDir).catch(() => [])).toEqual([]);
  });

  it('names each damaged image', async () => {
    const files = { ...(await pictures('', 4)), 'red/9.png': 'text', 'blue/9.jpg': Buffer.alloc(0) };
    const refused = importZip(await zipOf(files));
    await expect(refused).rejects.toMatchObject({ code: 'invalid_dataset' });
    const error = await refused.catch((cause: { errors: { pointer: string }[] }) => cause);
    expect((error as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/blue/9.jpg',
      '/red/9.png',
    ]);
    expect(await readdir(importedDir)).toEqual([]);
  });

  it('refuses an archive whose checksums were changed', async () => {
    const archive = await zipOf(await pictures('', 3));
    const damaged = Buffer.from(archive);
    damaged.writeUInt8(damaged.readUInt8(200) ^ 0xff, 200); // in the first picture
    await expect(importZip(damaged)).rejects.toMatchObject({ code: 'invalid_dataset' });
  });
});

describe('the name of a data set', () => {
  it('returns the existing data set for the same archive and options, and refuses others', async () => {
    const archive = await zipOf(await pictures('', 4));
    const first = await importZip(archive);
    expect(await importZip(archive)).toEqual(first);
    expect(await importZip(archive, { onError: 'skip', background: '#000000' })).toEqual(first);
    await expect(importZip(await zipOf(await pictures('', 5)))).rejects.toMatchObject({ code: 'dataset_exists' });
    expect(await readdir(importedDir)).toEqual(['colours']);
  });

  it.each<[string, Partial<DatasetImport>, object[], string]>([
    ['the side', { side: 32 }, [{ pointer: '?side', suggestion: SIDE }], '?side is 32, and was 24'],
    ['the channels', { channels: 1 }, [{ pointer: '?channels', suggestion: 3 }], '?channels is 1, and was 3'],
    ['the share', { testShare: 0.5 }, [{ pointer: '?testShare', suggestion: 0.25 }], '?testShare is 0.5, and was 0.25'],
    ['the fit', { fit: 'cover' }, [{ pointer: '?fit' }], '?fit is cover, and was contain'],
    ['the colour', { background: 'white' }, [{ pointer: '?background' }], '?background is #ffffff, and was #000000'],
    [
      'two options',
      { side: 32, background: '#123456' },
      [{ pointer: '?side' }, { pointer: '?background' }],
      '?side is 32, and was 24 at the import of the data set; ?background is #123456, and was #000000',
    ],
  ])('is refused to the same archive with other options: %s', async (_, options, errors, sentence) => {
    const archive = await zipOf(await pictures('', 4));
    await importZip(archive);
    await expect(importZip(archive, options)).rejects.toMatchObject({
      code: 'dataset_exists',
      message: `There is already a data set colours, from this archive with other options: ${sentence} at the import of the data set. Choose another name, or delete that data set first.`,
      errors,
    });
  });

  it('is refused to an archive that needs unusable images to be left out, as the data set did, unless it leaves them out', async () => {
    const archive = await zipOf({ ...(await pictures('', 4)), 'red/9.png': 'text' });
    const first = await importZip(archive, { onError: 'skip' });
    await expect(importZip(archive)).rejects.toMatchObject({ errors: [{ pointer: '?onError' }] });
    expect(await importZip(archive, { onError: 'skip' })).toEqual(first);
    const another = await zipOf({ ...(await pictures('', 4)), 'red/8.png': 'text' });
    await expect(importZip(another, { onError: 'skip' })).rejects.toMatchObject({
      errors: [{ pointer: '', message: 'both have the same classes with as many images, but not the same files' }],
    });
  });

  it.each<[string, () => Promise<Buffer>, string[]]>([
    [
      'more images',
      async () => zipOf(await pictures('', 8)),
      ['this archive has 18 training images, and the data set 9', 'this archive has 6 test images, and the data set 3'],
    ],
    [
      'another image',
      async () => zipOf(await pictures('', 4, 1)),
      ['both have the same classes with as many images, but not the same files'],
    ],
    [
      'other classes',
      async () => {
        const files = Object.entries(await pictures('', 4));
        return zipOf(Object.fromEntries(files.map(([path, image]) => [path.replace('blue', 'boot'), image])));
      },
      ['only this archive has the class boot', 'only the data set has the class blue'],
    ],
    [
      'splits of its own',
      async () =>
        zipOf({
          ...(await pictures('train/', 3)),
          ...(await pictures('valid/', 1, 3)),
          ...(await pictures('test/', 1, 4)),
        }),
      ['this archive has 3 validation images, and the data set 0'],
    ],
  ])('is refused to another archive, with what differs: %s', async (_, archive, messages) => {
    await importZip(await zipOf(await pictures('', 4)));
    await expect(importZip(await archive())).rejects.toMatchObject({
      code: 'dataset_exists',
      message: `There is already a data set colours, from another archive: ${messages.join('; ')}. Choose another name, or delete that data set first.`,
      errors: messages.map((message) => ({ pointer: '', message })),
    });
    expect(await readdir(importedDir)).toEqual(['colours']);
  });

  it('is refused to an unusable archive because the archive is unusable', async () => {
    await importZip(await zipOf(await pictures('', 4)));
    await expect(importZip(Buffer.from('no archive'))).rejects.toMatchObject({ code: 'invalid_dataset' });
  });

  it('goes to one of two concurrent imports', async () => {
    const archives = [await zipOf(await pictures('', 4)), await zipOf(await pictures('', 5))];
    const paths = archives.map((_, i) => join(folder, `upload-${i}`));
    await Promise.all(archives.map((archive, i) => writeFile(paths[i] ?? '', archive)));
    const ends = await Promise.allSettled(
      paths.map((path) => importDataset({ name: 'colours', path, options: OPTIONS, importedDir })),
    );
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'dataset_exists' } });
    expect(await readdir(importedDir)).toEqual(['colours']);
  });

  it('is listed once across pages while others are added and removed', async () => {
    await importZip(await zipOf(await pictures('', 4)));
    const copy = async (name: string) => {
      await cp(join(importedDir, 'colours'), join(importedDir, name), { recursive: true });
      const path = join(importedDir, name, 'dataset.json');
      const stored = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...stored, info: { ...stored.info, name } }));
    };
    for (const name of ['a', 'b', 'c', 'd', 'e']) await copy(name);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listDatasets(importedDir, { limit: 3, ...(cursor !== undefined && { cursor }) });
      names.push(...page.datasets.map(({ name }) => name));
      if (cursor === undefined) {
        for (const name of ['0', 'f']) await copy(name);
        for (const name of ['a', 'd']) await rm(join(importedDir, name), { recursive: true });
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['fashion-mnist', 'synthetic', 'a', 'b', 'c', 'colours', 'e', 'f']);
  });

  it('throws for an unknown data set and for changed files', async () => {
    await expect(describeDataset('colours', { importedDir })).rejects.toMatchObject({ code: 'dataset_not_found' });
    await expect(describeDataset('../colours', { importedDir })).rejects.toMatchObject({ code: 'dataset_not_found' });
    await importZip(await zipOf(await pictures('', 4)));
    await verifyDataset('colours', { datasetsDir: '', importedDir });
    const path = join(importedDir, 'colours', 'train-labels.idx');
    const bytes = await readFile(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(load()).rejects.toMatchObject({ code: 'dataset_corrupt', message: expect.stringContaining(path) });
    await expect(verifyDataset('colours', { datasetsDir: '', importedDir })).rejects.toMatchObject({
      code: 'dataset_corrupt',
    });
    await writeFile(join(importedDir, 'colours', 'dataset.json'), '{}');
    await expect(describeDataset('colours', { importedDir })).rejects.toMatchObject({ code: 'dataset_corrupt' });
    expect((await listDatasets(importedDir)).datasets.map(({ name }) => name)).toEqual(['fashion-mnist', 'synthetic']);
  });

  it('lists a built-in data set once if its files are in the same folder', async () => {
    await mkdir(join(importedDir, 'fashion-mnist'), { recursive: true });
    const { datasets } = await listDatasets(importedDir);
    expect(datasets.filter(({ name }) => name === 'fashion-mnist')).toHaveLength(1);
  });
});
