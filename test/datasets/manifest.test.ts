/** Manifests in archives: class, split and group of each image from a CSV or JSON Lines file. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idxHeader } from '../../src/datasets/idx.js';
import { loadDataset } from '../../src/datasets/index.js';
import { type Imports, openImports, tiny, tinyPixels } from '../support/imports.js';
import { entriesOf, rawZip } from '../support/zip.js';

let imports: Imports;
beforeAll(async () => {
  imports = await openImports();
});
afterAll(() => imports.close());

type Files = Readonly<Record<string, Uint8Array | string>>;
const zip = (files: Files) => rawZip(entriesOf(files));

/** Returns tiny pictures 0, 1, 2 … at these paths. */
async function at(paths: readonly string[]): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const [index, path] of paths.entries()) files[path] = await tiny(index);
  return files;
}
const numbered = (count: number, folder = ''): string[] => Array.from({ length: count }, (_, i) => `${folder}${i}.png`);

/** Returns, for each picture of a stored split, its number and its class. */
async function stored(name: string, split: 'train' | 'test' | 'validation'): Promise<string[]> {
  const folder = join(imports.importedDir, name);
  const { info } = JSON.parse(await readFile(join(folder, 'dataset.json'), 'utf8'));
  const pixels = (await readFile(join(folder, `${split}-images.idx`))).subarray(idxHeader([0, 8, 8, 3]).length);
  const labels = (await readFile(join(folder, `${split}-labels.idx`))).subarray(8);
  const numbers = new Map(Array.from({ length: 64 }, (_, i) => [Buffer.from(tinyPixels(i)).toString('hex'), i]));
  return [...labels]
    .map((label, i) => `${numbers.get(pixels.subarray(i * 192, (i + 1) * 192).toString('hex'))} ${info.classes[label]}`)
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** Returns a CSV file as Python's csv module writes it, in a dialect and an encoding. */
const pythonCsv = (rows: readonly (readonly string[])[], dialect: string, encoding: string): Buffer =>
  execFileSync('python3', [
    '-c',
    `import csv, io, json, sys
text = io.StringIO(newline='')
csv.writer(text, ${dialect}).writerows(json.loads(sys.argv[1]))
sys.stdout.buffer.write(text.getvalue().encode(sys.argv[2]))`,
    ...[JSON.stringify(rows), encoding],
  ]);

const SPLITS = ['train', 'train', 'train', 'train', 'valid', 'valid', 'test', 'test'];
const LABELS = ['ant', 'bee'];
const ROWS = SPLITS.map((split, i) => [`${i}.png`, LABELS[i % 2] ?? '', split]);
const PARTS = {
  train: ['0 ant', '1 bee', '2 ant', '3 bee'],
  validation: ['4 ant', '5 bee'],
  test: ['6 ant', '7 bee'],
};

describe('a manifest', () => {
  it.each<[name: string, header: string[], dialect: string, encoding: string]>([
    ['labels.csv', ['path', 'label', 'split'], "'excel'", 'utf-8'],
    ['manifest.csv', ['file', 'class', 'split'], "'excel', delimiter=';'", 'utf-8-sig'],
    ['labels.tsv', ['Path', 'Label', 'Split'], "'excel-tab', lineterminator='\\n'", 'utf-8'],
    ['metadata.csv', ['file_name', 'label', 'split'], "'excel', quoting=csv.QUOTE_ALL", 'utf-16'],
  ])('%s gives each image its class and split', async (name, header, dialect, encoding) => {
    const files = { ...(await at(numbered(8))), [name]: pythonCsv([header, ...ROWS], dialect, encoding) };
    const info = await imports.import(zip(files));
    expect(info).toMatchObject({ classes: LABELS, trainSamples: 4, validationSamples: 2, testSamples: 2 });
    expect(info.imported).toMatchObject({ manifests: [name], ignoredFiles: 0 });
    expect(info.imported).not.toHaveProperty('testShare');
    for (const split of ['train', 'validation', 'test'] as const)
      expect(await stored(info.name, split)).toEqual(PARTS[split]);
  });

  it('has a validation split of its own, which a job uses instead of drawing images', async () => {
    const { name } = await imports.import(
      zip({
        ...(await at(numbered(8))),
        'labels.csv': pythonCsv([['path', 'label', 'split'], ...ROWS], "'excel'", 'utf-8'),
      }),
    );
    const spec = { name, resize: 8, trainSamples: 4, testSamples: 2, validationSamples: 2, validation: 'own' as const };
    const { train, validation } = await loadDataset(spec, 0, { datasetsDir: '', importedDir: imports.importedDir });
    expect([train.samples, [...(validation?.labels ?? [])].sort()]).toEqual([4, [0, 1]]);
  });

  it('may quote commas, quotes and line ends', async () => {
    const labels = ['ant, red', 'bee "big"\nand loud'];
    const rows = [['path', 'label', 'note'], ...numbered(8).map((path, i) => [path, labels[i % 2] ?? '', 'a;b'])];
    const info = await imports.import(
      zip({ ...(await at(numbered(8))), 'labels.csv': pythonCsv(rows, "'excel'", 'utf-8') }),
    );
    expect(info.classes).toEqual(labels);
  });

  it('is found as Hugging Face lays out an imagefolder: one metadata file in the folder of each split', async () => {
    const lines = (from: number, count: number): string =>
      numbered(count)
        .map(
          (file_name, i) =>
            `${JSON.stringify({ file_name, label: (from + i) % 2, text: 'x', objects: { bbox: [] } })}\n`,
        )
        .join('');
    const paths = [...numbered(4, 'data/train/'), ...numbered(2, 'data/validation/'), ...numbered(2, 'data/test/')];
    const files = {
      ...(await at(paths)),
      'data/train/metadata.jsonl': lines(0, 4),
      'data/validation/metadata.jsonl': lines(4, 2),
      'data/test/metadata.jsonl': lines(6, 2),
    };
    const info = await imports.import(zip(files));
    expect(info).toMatchObject({ classes: ['0', '1'], trainSamples: 4, validationSamples: 2, testSamples: 2 });
    expect(await stored(info.name, 'test')).toEqual(['6 0', '7 1']);
  });

  it('numbers classes that are numbers by their values', async () => {
    const rows = numbered(24).map((path, i) => `${path},${i % 12}\n`);
    const info = await imports.import(
      zip({ ...(await at(numbered(24))), 'labels.csv': `path,label\n${rows.join('')}` }),
    );
    expect(info.classes).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
  });

  it('gives the split alone if folders name the classes', async () => {
    const paths = [...numbered(4, 'ant/'), ...numbered(4, 'bee/')];
    const rows = paths.map((path, i) => `${path},${i % 4 === 3 ? 'test' : 'train'}\n`).join('');
    const info = await imports.import(zip({ ...(await at(paths)), 'manifest.csv': `path,split\n${rows}` }));
    expect(info).toMatchObject({ classes: LABELS, trainSamples: 6, testSamples: 2 });
    expect(await stored(info.name, 'test')).toEqual(['3 ant', '7 bee']);
  });

  it('draws test images if it names none, and leaves out images that it does not list', async () => {
    const rows = numbered(16).map((path, i) => `${path};${LABELS[i % 2]}\n`);
    const info = await imports.import(
      zip({ ...(await at(numbered(20))), 'labels.csv': `path;label\n${rows.join('')}` }),
      { testShare: 0.25 },
    );
    expect(info).toMatchObject({ trainSamples: 12, testSamples: 4, imported: { testShare: 0.25 } });
    expect(info.imported?.leftOut?.groups).toEqual([
      expect.objectContaining({ reason: 'is not in labels.csv', files: 4 }),
    ]);
  });

  it('is ignored with the reason if it lists no images, and folders say everything', async () => {
    const paths = [...numbered(4, 'ant/'), ...numbered(4, 'bee/')];
    const info = await imports.import(
      zip({ ...(await at(paths)), 'labels.csv': 'id,name\n0,ant\n1,bee\n', 'metadata.csv': 'file_name,text\na,b\n' }),
    );
    expect(info.classes).toEqual(LABELS);
    expect(info.imported?.leftOut?.groups.map(({ reason }) => reason).sort()).toEqual([
      'is no manifest: it has no column label, split or group',
      'is no manifest: it has no column path or file_name',
    ]);
  });
});

describe('a manifest that cannot be used', () => {
  const GOOD = numbered(6).map((path, i) => `${path},${LABELS[i % 2]}\n`);
  it.each<[what: string, text: string | Uint8Array, pointer: string, sentence: RegExp]>([
    [
      'names a missing image',
      `path,label\n${GOOD.join('')}9.png,ant\n`,
      '/labels.csv/8',
      /line 8 of labels\.csv names 9\.png, which is no image of the archive/,
    ],
    [
      'names a path outside',
      `path,label\n${GOOD.join('')}../../etc/passwd,ant\n`,
      '/labels.csv/8',
      /names \.\.\/\.\.\/etc\/passwd, which is no image/,
    ],
    [
      'has a row without label',
      `path,label\n${GOOD.slice(1).join('')}0.png,\n`,
      '/labels.csv/7',
      /line 7 of labels\.csv has no label/,
    ],
    [
      'has an unknown split',
      `path,label,split\n${GOOD.map((row) => row.replace('\n', ',middle\n')).join('')}`,
      '/labels.csv/2',
      /has the split middle, and train, validation and test are allowed/,
    ],
    [
      'lists an image twice',
      `path,label\n${GOOD.join('')}0.png,bee\n`,
      '/labels.csv/8',
      /lists 0\.png once more, with another class, split or group than line 2/,
    ],
    [
      'has a short row',
      `path,label\n${GOOD.join('')}0.png\n`,
      '/labels.csv/8',
      /line 8 of labels\.csv has 1 cells, and the header has 2/,
    ],
    ['has an open quote', `path,label\n"0.png,ant\n`, '/labels.csv/2', /has a quote that does not end/],
    ['has a quote in a cell', `path,label\n0"x".png,ant\n`, '/labels.csv/2', /has a quote within a cell/],
    ['is not UTF-8', Buffer.from('path,label\n0.png,b\xe4r\n', 'latin1'), '/labels.csv', /labels\.csv is not UTF-8/],
  ])('is refused if it %s', async (_what, text, pointer, sentence) => {
    const failed = imports.import(zip({ ...(await at(numbered(6))), 'labels.csv': text }));
    await expect(failed).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(sentence),
      errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  it('is refused if a label is no folder although folders name the classes', async () => {
    const paths = [...numbered(3, 'ant/'), ...numbered(3, 'bee/')];
    const rows = paths.map((path, i) => `${path},${i === 2 ? 'amt' : path.slice(0, 3)}\n`).join('');
    await expect(
      imports.import(zip({ ...(await at(paths)), 'labels.csv': `path,label\n${rows}` })),
    ).rejects.toMatchObject({
      errors: [{ pointer: '/labels.csv/4', message: 'has the label amt, which no folder has' }],
    });
  });

  it('is refused if it puts a group into two splits, and names the group', async () => {
    const rows = ROWS.map(([path, label], i) => `${path},${label},${i < 6 ? 'train' : 'test'},p${i % 5}\n`).join('');
    await expect(
      imports.import(zip({ ...(await at(numbered(8))), 'labels.csv': `path,label,split,group\n${rows}` })),
    ).rejects.toMatchObject({
      code: 'invalid_dataset',
      message: expect.stringMatching(
        /puts the group p[12] into two splits: \d\.png is in (test|train), and \d\.png in/,
      ),
    });
  });

  it('is refused line by line if it is JSON Lines', async () => {
    const files = { ...(await at(numbered(2))), 'metadata.jsonl': '{"file_name":"0.png","label":"a"}\nnothing\n' };
    await expect(imports.import(zip(files))).rejects.toMatchObject({
      errors: [{ pointer: '/metadata.jsonl/2', message: 'is not JSON' }],
    });
  });
});
