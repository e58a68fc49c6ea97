/** Meaning of archives: splits, classes, formats and names, in the spellings of many programs. */
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedImageOptions } from '../../src/contracts/images/image-preprocessing.js';
import { loadDataset } from '../../src/datasets/index.js';
import { LEFT_OUT_FILE, readLeftOut } from '../../src/datasets/left-out.js';
import { roleOf } from '../../src/datasets/split-names.js';
import { createImageDecoder } from '../../src/images/image-decoder.js';
import { describePreprocessing } from '../../src/training/step/preprocessing.js';
import { bmpOf } from '../support/bmp.js';
import { type Imports, openImports, tinies, tiny, tinyPixels } from '../support/imports.js';
import { entriesOf, rawZip, type ZipEntry } from '../support/zip.js';

let imports: Imports;
beforeAll(async () => {
  imports = await openImports();
});
afterAll(() => imports.close());

const CLASSES = ['ant', 'bee', 'cow'];
const under = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) => CLASSES.map((name) => `${folder}/${name}`));
const zip = (files: Readonly<Record<string, Uint8Array | string>>) => rawZip(entriesOf(files));
const refused = (sentence: RegExp) => ({ code: 'invalid_dataset', message: expect.stringMatching(sentence) });

describe('folders of splits', () => {
  it.each<[role: string | undefined, names: string[]]>([
    [
      'train',
      ['train', 'Train', 'TRAINING', 'trn', 'train_set', 'TrainingSet', 'images-train', 'train2017', 'train data'],
    ],
    ['test', ['test', 'Testing', 'TST', 'test_images', 'testset', 'the test set']],
    ['validation', ['val', 'Valid', 'VALIDATION', 'dev', 'eval', 'holdout', 'hold-out', 'validation_set', 'valset']],
    [undefined, ['docs', 'trainer', 'trains', 'invalid', 'images', 'contest', 'train-test', '2017', 'data']],
  ])('recognizes the names of the split %s', (role, names) => {
    for (const name of names) expect({ name, role: roleOf(name) }).toEqual({ name, role });
  });

  it.each([
    ['Train', 'Test'],
    ['TRAIN', 'TEST'],
    ['Training', 'Testing'],
    ['train_set', 'test_set'],
    ['boots/data/train', 'boots/data/test'],
  ])('recognizes %s and %s as splits', async (train, test) => {
    const info = await imports.import(zip({ ...(await tinies(under([train, test]))) }));
    expect(info).toMatchObject({ classes: CLASSES, trainSamples: 6, testSamples: 6 });
    expect(info.imported).not.toHaveProperty('testShare');
  });

  it('are found in a folder next to others, which are reported as left out', async () => {
    const files = {
      ...(await tinies(under(['boots/train', 'boots/test']))),
      ...(await tinies(['docs', 'boots/info'])),
    };
    const { classes, trainSamples, imported } = await imports.import(zip(files));
    expect({ classes, trainSamples }).toEqual({ classes: CLASSES, trainSamples: 6 });
    expect(imported?.leftOut).toEqual({
      files: 4,
      groups: expect.arrayContaining([
        { folder: 'docs', reason: 'is outside the splits', files: 2, examples: ['docs/0.png', 'docs/1.png'] },
        expect.objectContaining({ folder: 'boots/info', files: 2 }),
      ]),
    });
  });

  it('may spell a class differently in the test split', async () => {
    const files = await tinies(['train/Ant', 'train/Bee', 'test/ant', 'test/BEE']);
    expect(await imports.import(zip(files))).toMatchObject({ classes: ['Ant', 'Bee'], testSamples: 4 });
  });

  it('are imported with a warning if two classes differ only in upper and lower case', async () => {
    const { classes, imported } = await imports.import(zip(await tinies(['ANT', 'Ant', 'ant', 'bee'])));
    expect(classes).toEqual(['ANT', 'Ant', 'ant', 'bee']);
    expect(imported?.warnings).toEqual([
      expect.stringMatching(/^The classes ANT and Ant differ only in upper and lower case \(2 such pairs\)\./),
    ]);
    expect((await imports.import(zip(await tinies(['ant', 'bee'])))).imported).not.toHaveProperty('warnings');
  });

  it('do not include a class that is named like a split', async () => {
    const files = await tinies(['train', 'bus', 'car']);
    expect(await imports.import(zip(files))).toMatchObject({ classes: ['bus', 'car', 'train'] });
    const trains = await tinies(['bullet_train', 'steam_train', 'test_tube']);
    expect(await imports.import(zip(trains))).toMatchObject({ classes: ['bullet_train', 'steam_train', 'test_tube'] });
  });

  it.each<[what: string, folders: string[], sentence: RegExp]>([
    ['dev and no test', under(['train', 'dev']), /folders train and dev, and none named test/],
    ['test and no training', under(['test', 'val']), /none named train/],
    ['two training splits', under(['train', 'training', 'test']), /train and training all look like the train split/],
    ['images of a split in no class', ['train', 'test'], /train and test are splits.*no class folders/],
    [
      'an unknown folder next to the splits',
      under(['train', 'test', 'extra']),
      /folder extra has the same classes as the training.*name it/,
    ],
    [
      'an unknown split beside, in another case',
      [...under(['train', 'test']), 'extra/Ant', 'extra/BEE'],
      /folder extra has the same classes as the training images \(Ant and BEE\)/,
    ],
    [
      'unknown splits, in another case',
      [...under(['north']), 'south/Ant', 'south/Bee', 'south/Cow'],
      /north and south have the same subfolders/,
    ],
    [
      'unknown splits',
      under(['north', 'south']),
      /north and south have the same subfolders, ant, bee and cow.*name them/,
    ],
    [
      'splits with a word more',
      ['seg_train/seg_train/ant', 'seg_test/seg_test/ant'],
      /seg_train and seg_test look like/,
    ],
    ['splits of single classes', ['trainA', 'trainB', 'testA', 'testB'], /trainA and testA look like.*test\/<class>/],
    ['splits within classes', ['ant/train', 'ant/test', 'bee/train', 'bee/test'], /each have their own splits/],
    [
      'more images outside than inside',
      [...under(['a/train', 'a/test']), ...under(['b', 'c', 'd'])],
      /outside its splits/,
    ],
  ])('refuses with advice: %s', async (_, folders, sentence) => {
    await expect(imports.import(zip(await tinies(folders)))).rejects.toMatchObject(refused(sentence));
  });

  it('keep a validation split separate and score it on request', async () => {
    const files = await tinies(under(['train', 'valid', 'test']));
    const info = await imports.import(zip(files));
    expect(info).toMatchObject({ trainSamples: 6, validationSamples: 6, testSamples: 6 });
    const spec = { name: info.name, resize: 8, trainSamples: 6, testSamples: 6, validationSamples: 6 };
    const options = { datasetsDir: '', importedDir: imports.importedDir };
    const { train, validation } = await loadDataset({ ...spec, validation: 'own' }, 0, options);
    expect([train.samples, validation?.samples]).toEqual([6, 6]);
    const drawn = await loadDataset({ ...spec, validationSamples: 2 }, 0, options);
    expect([drawn.train.samples, drawn.validation?.samples]).toEqual([4, 2]);
  });
});

describe('recognition of images by their first bytes', () => {
  it('ignores the extension', async () => {
    const files = {
      ...(await tinies(['ant', 'bee'])),
      'cow/0.jfif': await tiny(10, 'jpeg'),
      'cow/1': await tiny(11),
      'cow/2.bmp': bmpOf(tinyPixels(12), 8, 8),
      'cow/3.gif': await tiny(13, 'gif'),
      'cow/4.tif': await tiny(14, 'tiff'),
      'cow/5.avif': await tiny(15, 'avif'),
      'cow/6.png': await tiny(16, 'webp'),
      'cow/7.dat': await tiny(17, 'jpeg'),
    };
    const { classes, trainSamples, testSamples, imported } = await imports.import(zip(files));
    expect({ classes, samples: trainSamples + testSamples }).toEqual({ classes: CLASSES, samples: 12 });
    expect(imported).toMatchObject({ ignoredFiles: 0 });
    expect(imported).not.toHaveProperty('leftOut');
  });

  it('summarizes left-out files by class and reason and lists each', async () => {
    const notes = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`ant/note-${i}.txt`, `note ${i}`]));
    const files = { ...(await tinies(['ant', 'bee'])), ...notes, 'bee/drawing.svg': '<svg/>', 'bee/empty': '' };
    const { name, imported } = await imports.import(zip(files));
    expect(imported).toMatchObject({ ignoredFiles: 7, leftOut: { files: 7 } });
    expect(imported?.leftOut?.groups).toEqual([
      {
        ...{ folder: 'ant', reason: 'is not an image file: .txt', files: 5 },
        examples: ['ant/note-0.txt', 'ant/note-1.txt', 'ant/note-2.txt'],
      },
      {
        folder: 'bee',
        reason: 'is in the format SVG, which is not supported',
        files: 1,
        examples: ['bee/drawing.svg'],
      },
      { folder: 'bee', reason: 'is not an image file', files: 1, examples: ['bee/empty'] },
    ]);
    const path = join(imports.importedDir, name, LEFT_OUT_FILE);
    const paths: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await readLeftOut(path, 7, { limit: 3, ...(cursor !== undefined && { cursor }) });
      paths.push(...page.leftOut.map((file) => file.path));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(paths).toEqual([...Object.keys(notes), 'bee/drawing.svg', 'bee/empty']);
  });

  it('leaves out text that begins as a PNM does', async () => {
    const files = { ...(await tinies(['ant', 'bee'])), 'ant/list.txt': 'P1 12 30 pieces', 'ant/README': 'P5 1 2\n' };
    expect((await imports.import(zip(files))).imported).toMatchObject({ ignoredFiles: 2, leftOut: { files: 2 } });
  });

  it.each<[what: string, more: ZipEntry[], sentence: RegExp]>([
    ['is empty', [{ name: 'cow/' }], /cow has no image that can be read: it is empty/],
    [
      'has no image',
      [{ name: 'cow/a.txt', bytes: 'a' }],
      /cow has no image that can be read: its only file is not an image/,
    ],
    [
      'is in a format that is not read',
      [{ name: 'cow/a.heic', bytes: 'xxxxftypheic' }],
      /cow\/a.heic is in the format HEIC/,
    ],
    ['is in PNM', [{ name: 'cow/a.ppm', bytes: 'P6 1 1 255\nrgb' }], /cow\/a.ppm is in the format PNM/],
  ])('refuses a class that %s, by name', async (_, more, sentence) => {
    const archive = rawZip([...entriesOf(await tinies(['ant', 'bee'])), ...more]);
    await expect(imports.import(archive)).rejects.toMatchObject(refused(sentence));
  });
});

describe('names', () => {
  it.each<[what: string, rename: (path: string) => string]>([
    ['with ./', (path) => `./${path}`],
    ['with backslashes', (path) => path.replaceAll('/', '\\')],
    ['with doubled slashes', (path) => path.replaceAll('/', '//')],
    ['with a drive', (path) => `C:\\pictures\\${path}`],
    ['from the root', (path) => `/srv/${path}`],
  ])('imports the same data set from %s', async (_, rename) => {
    const entries = entriesOf(await tinies(CLASSES)).map((entry) => ({ ...entry, name: rename(String(entry.name)) }));
    expect(await imports.import(rawZip([{ name: './' }, ...entries]))).toMatchObject({ classes: CLASSES });
  });

  it('are read as UTF-8 with and without the flag, others in the code page of MS-DOS', async () => {
    const files = await tinies(['Ärger', 'Größe']);
    const archive = rawZip([
      ...entriesOf(files),
      { name: Buffer.from('Gr\x94\xe1e2/a.png', 'latin1'), bytes: await tiny(20) }, // in code page 437
      { name: Buffer.from('Gr\x94\xe1e2/b.png', 'latin1'), bytes: await tiny(21) },
      { name: 'Ärger/c.png', bytes: await tiny(22), flags: 0x800 },
    ]);
    const { classes, imported } = await imports.import(archive);
    expect(classes).toEqual(['Größe', 'Größe2', 'Ärger']);
    expect(imported?.warnings).toContainEqual(
      expect.stringMatching(/^The names of 2 files and folders are not in UTF-8 .*CP437.*Größe2\/a\.png/),
    );
  });

  it('are one class with and without outer spaces, within a split and across splits', async () => {
    const flat = { ...(await tinies(['ant', 'bee'])), ...(await tinies(['x', 'ant '])) };
    const images = Object.fromEntries(Object.entries(flat).filter(([path]) => !path.startsWith('x/')));
    const info = await imports.import(zip(images));
    expect(info).toMatchObject({ classes: ['ant', 'bee'] });
    expect(info.trainSamples + info.testSamples).toBe(Object.keys(images).length);
    const split = await tinies(['train/ant', 'train/bee', 'test/ant ', 'test/bee']);
    expect(await imports.import(zip(split))).toMatchObject({ classes: ['ant', 'bee'] });
  });

  it('are one class in both Unicode forms, within a split and across splits', async () => {
    const [composed, decomposed] = ['café'.normalize('NFC'), 'café'.normalize('NFD')];
    const flat = { ...(await tinies(['bar', composed])), ...(await tinies(['x', 'y', 'z', decomposed])) };
    const kept = Object.fromEntries(Object.entries(flat).filter(([path]) => !/^[xyz]\//.test(path)));
    const info = await imports.import(zip(kept));
    expect(info).toMatchObject({ classes: ['bar', composed] });
    expect(info.trainSamples + info.testSamples).toBe(6);
    const split = await tinies(['train/bar', `train/${decomposed}`, 'test/bar', `test/${composed}`]);
    expect(await imports.import(zip(split))).toMatchObject({ classes: ['bar', composed], testSamples: 4 });
  });

  it('of system files are ignored', async () => {
    const folders = [
      '@eaDir',
      '$RECYCLE.BIN',
      'lost+found',
      '__MACOSX',
      '.Trashes',
      '#recycle',
      'System Volume Information',
    ];
    const picture = await tiny(30);
    const junk = folders.flatMap((folder) => [`${folder}/ant/0.png`, `ant/${folder}/0.png/THUMB_M.jpg`]);
    const files = ['ant/.DS_Store', 'ant/Thumbs.db', 'bee/desktop.ini', 'bee/._0.png', 'Icon\r'];
    const archive = rawZip([
      ...entriesOf(await tinies(['ant', 'bee'])),
      ...[...junk, ...files].map((name) => ({ name, bytes: picture })),
    ]);
    const { classes, trainSamples, testSamples, imported } = await imports.import(archive);
    expect({ classes, samples: trainSamples + testSamples, ignored: imported?.ignoredFiles }).toEqual({
      ...{ classes: ['ant', 'bee'], samples: 4, ignored: 0 },
    });
  });

  it('are one image if an entry is repeated; with different bytes they are reported', async () => {
    const files = entriesOf(await tinies(['ant', 'bee']));
    const again = Array.from({ length: 6 }, () => files[0] as ZipEntry);
    const { trainSamples, testSamples, imported } = await imports.import(rawZip([...files, ...again]));
    expect(trainSamples + testSamples).toBe(4);
    expect(imported?.leftOut).toMatchObject({
      files: 6,
      groups: [{ reason: expect.stringContaining('several times') }],
    });
    const other = { name: 'ant/0.png', bytes: await tiny(40) };
    await expect(imports.import(rawZip([...files, other]))).rejects.toMatchObject(
      refused(/ant\/0\.png is in the archive several/),
    );
  });
});

describe('unusable images', () => {
  const bad = Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`ant/bad-${i}.jpg`, `no image ${i}`]));

  it('are refused with their number and the way to leave them out', async () => {
    const refusal = imports.import(zip({ ...(await tinies(['ant', 'bee'])), ...bad }));
    await expect(refusal).rejects.toMatchObject(refused(/In all, 45 paths are at fault.*onError=skip/));
    expect(await refusal.catch(({ errors }: { errors: object[] }) => errors.length)).toBe(20);
  });

  it('are left out with onError=skip, each listed with its reason', async () => {
    const archive = zip({ ...(await tinies(['ant', 'bee'], 4)), ...bad });
    const { name, trainSamples, testSamples, imported } = await imports.import(archive, { onError: 'skip' });
    expect(trainSamples + testSamples).toBe(8);
    expect(imported).toMatchObject({ badImages: 45, leftOut: { files: 45, groups: [{ folder: 'ant', files: 45 }] } });
    const { leftOut } = await readLeftOut(join(imports.importedDir, name, LEFT_OUT_FILE), 45, { limit: 1000 });
    expect(leftOut.map(({ path }) => path)).toEqual(Object.keys(bad).sort());
    for (const { reason } of leftOut) expect(reason).toMatch(/is not an image file/);
    const spec = { name, resize: 8, trainSamples, testSamples, validationSamples: 0 };
    const { train } = await loadDataset(spec, 0, { datasetsDir: '', importedDir: imports.importedDir });
    expect(train.labels).toHaveLength(trainSamples);
  });

  it('must not be all images of a class', async () => {
    const archive = zip({ ...(await tinies(['bee', 'cow'])), ...bad });
    await expect(imports.import(archive, { onError: 'skip' })).rejects.toMatchObject(
      refused(/ant has no usable training image/),
    );
  });
});

describe('transparent drawings', () => {
  const drawing = (seed: number) =>
    sharp(
      Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => (i % 4 === 3 && (i * 7 + seed * 31) % 5 === 0 ? 255 : 0)),
      { raw: { width: 16, height: 16, channels: 4 } },
    )
      .png()
      .toBuffer();
  const drawings = async () =>
    zip({
      ...{ 'a/0.png': await drawing(1), 'a/1.png': await drawing(2) },
      ...{ 'b/0.png': await drawing(3), 'b/1.png': await drawing(4) },
    });

  it('are refused if they vanish on the background, and imported on another', async () => {
    await expect(imports.import(await drawings())).rejects.toMatchObject(
      refused(/transparent and shows nothing on a black background.*background=white/),
    );
    const info = await imports.import(await drawings(), { background: 'white' });
    expect(info.std[0]).toBeGreaterThan(0.05);
    expect(info.imported).toMatchObject({ background: '#ffffff' });
  });

  it('are predicted on the background of the training data', async () => {
    const info = await imports.import(await drawings(), { background: '#10A0F0' });
    const preprocessing = describePreprocessing({ ...info }, 8);
    expect(preprocessing.background).toEqual([0x10, 0xa0, 0xf0]);
    const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: '#0000' } })
      .png()
      .toBuffer();
    const pixels = await createImageDecoder().decode(clear, preprocessing);
    expect([...pixels.subarray(0, 3)]).toEqual([0x10, 0xa0, 0xf0]);
  });

  it.each([
    ['black', undefined],
    ['#000000', undefined],
    ['white', '#ffffff'],
    ['#AbCdEf', '#abcdef'],
  ])('stores the background %s as %s', (background, kept) => {
    expect(storedImageOptions({ background }).background).toBe(kept);
  });
});

describe('images of another shape', () => {
  /** Returns an image whose left and right thirds are black, and whose middle is white. */
  const wide = () =>
    sharp({ create: { width: 48, height: 16, channels: 3, background: 'black' } })
      .composite([{ input: { create: { width: 16, height: 16, channels: 3, background: 'white' } }, left: 16, top: 0 }])
      .png()
      .toBuffer();

  it('are stored and predicted with the fit of the import', async () => {
    const archive = zip({ ...(await tinies(['a', 'b'], 4)), 'a/wide.png': await wide() });
    const info = await imports.import(archive, { fit: 'cover', testShare: 0.1 });
    expect(info.imported).toMatchObject({ fit: 'cover' });
    const preprocessing = describePreprocessing(info, 8);
    expect(preprocessing).toMatchObject({ fit: 'cover', cropShare: 1, interpolation: 'bilinear', antialias: true });
    const decoded = await createImageDecoder().decode(await wide(), preprocessing);
    expect(Math.min(...decoded)).toBeGreaterThan(200); // the black thirds are cut off
    const spec = {
      name: info.name,
      resize: 8,
      trainSamples: info.trainSamples,
      testSamples: info.testSamples,
      validationSamples: 0,
    };
    const { train, test } = await loadDataset(spec, 0, { datasetsDir: '', importedDir: imports.importedDir });
    expect(Buffer.concat([train.images, test.images]).includes(Buffer.from(decoded))).toBe(true);
  });

  it('with the same archive and another fit are another data set', async () => {
    const archive = zip(await tinies(['a', 'b'], 4));
    const { name } = await imports.import(archive, { fit: 'resize-crop' });
    expect((await imports.again(name, { fit: 'resize-crop', cropShare: 0.875 })).name).toBe(name);
    await expect(imports.again(name, { fit: 'resize-crop', cropShare: 0.9 })).rejects.toMatchObject({
      code: 'dataset_exists',
    });
  });
});

describe('pixels without information', () => {
  it('warn of a channel with one value, and of identical images', async () => {
    const red = (shade: number) =>
      sharp(
        Uint8Array.from({ length: 192 }, (_, i) => (i % 3 === 0 ? (i + shade) % 256 : 0)),
        {
          raw: { width: 8, height: 8, channels: 3 },
        },
      )
        .png()
        .toBuffer();
    const shades = {
      'a/0.png': await red(1),
      'a/1.png': await red(2),
      'b/0.png': await red(3),
      'b/1.png': await red(4),
    };
    const { imported } = await imports.import(zip(shades));
    expect(imported?.warnings).toEqual([
      expect.stringMatching(/^Channel 2 .*std 0/),
      expect.stringMatching(/^Channel 3/),
    ]);
    const one = await red(1);
    const same = await imports.import(zip({ 'a/0.png': one, 'a/1.png': one, 'b/0.png': one, 'b/1.png': one }));
    expect(same.imported?.warnings).toEqual([expect.stringMatching(/All 2 training images have the same pixels/)]);
  });
});

describe('many classes', () => {
  it('use 16-bit labels beyond 256 classes and name the right ones', async () => {
    const count = 300;
    const names = Array.from({ length: count }, (_, i) => String(i).padStart(3, '0'));
    const files: Record<string, Buffer> = {};
    for (const [i, name] of names.entries())
      for (const image of ['a', 'b'])
        files[`${name}/${image}.png`] = await sharp(Uint8Array.of(i % 256, i >> 8, image === 'a' ? 0 : 255), {
          raw: { width: 1, height: 1, channels: 3 },
        })
          .png()
          .toBuffer();
    const info = await imports.import(zip(files));
    expect(info.classes).toEqual(names);
    const spec = { name: info.name, resize: 8, trainSamples: count, testSamples: count, validationSamples: 50 };
    const { train, validation, test } = await loadDataset(spec, 0, {
      datasetsDir: '',
      importedDir: imports.importedDir,
    });
    for (const split of [train, test, validation ?? train]) {
      const size = split.images.length / split.samples;
      for (const [i, label] of split.labels.entries())
        expect((split.images[i * size] ?? 0) + 256 * (split.images[i * size + 1] ?? 0)).toBe(label);
    }
  });
});
