/** Data sets of earlier versions: without background, list of left-out files or validation split. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importDataset } from '../../src/datasets/import.js';
import { describeDataset, listDatasets, loadDataset, verifyDataset } from '../../src/datasets/index.js';
import { LEFT_OUT_FILE, readLeftOut } from '../../src/datasets/left-out.js';
import { describePreprocessing } from '../../src/training/step/preprocessing.js';

/** Largest number of classes of that version, whose labels are bytes. */
const CLASSES = Array.from({ length: 256 }, (_, i) => `class-${String(i).padStart(3, '0')}`);
const SIDE = 8;
const ARCHIVE = Buffer.from('the archive that it came of');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let importedDir: string;
beforeAll(async () => {
  importedDir = await mkdtemp(join(tmpdir(), 'trainyard-older-'));
  const folder = join(importedDir, 'older');
  await mkdir(folder);
  const digests = { ...(await writeSplit(folder, 'train', 512)), ...(await writeSplit(folder, 'test', 256)) };
  const imported = { at: '2026-01-01T00:00:00.000Z', sha256: sha256(ARCHIVE), testShare: 0.2, ignoredFiles: 3 };
  const info = {
    ...{ name: 'older', height: SIDE, width: SIDE, channels: 1, trainSamples: 512, testSamples: 256 },
    ...{ mean: [0.5], std: [0.25], classes: CLASSES, imported },
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify({ format: 1, info, files: digests }));
});
afterAll(() => rm(importedDir, { recursive: true, force: true }));

/** Writes a split as idx files: each image has one grey level, which is its label. */
async function writeSplit(folder: string, split: string, samples: number): Promise<Record<string, string>> {
  const labels = Uint8Array.from({ length: samples }, (_, i) => i % 256);
  const pixels = Uint8Array.from({ length: samples * SIDE ** 2 }, (_, i) => labels[Math.floor(i / SIDE ** 2)] ?? 0);
  const header = (...sizes: number[]) => {
    const bytes = Buffer.from([0, 0, 8, sizes.length, ...sizes.flatMap(() => [0, 0, 0, 0])]);
    for (const [i, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
    return bytes;
  };
  const images = Buffer.concat([header(samples, SIDE, SIDE), pixels]);
  const labelled = Buffer.concat([header(samples), labels]);
  await writeFile(join(folder, `${split}-images.idx`), images);
  await writeFile(join(folder, `${split}-labels.idx`), labelled);
  return { [`${split}Images`]: sha256(images), [`${split}Labels`]: sha256(labelled) };
}

it('lists and loads them with every label', async () => {
  const options = { datasetsDir: '', importedDir };
  expect((await listDatasets(importedDir)).datasets.map(({ name }) => name)).toContain('older');
  await verifyDataset('older', options);
  const spec = { name: 'older', resize: SIDE, trainSamples: 512, testSamples: 256, validationSamples: 100 };
  const { train, validation, test } = await loadDataset(spec, 0, options);
  expect([train.samples, validation?.samples, test.samples]).toEqual([412, 100, 256]);
  for (const split of [train, validation ?? train, test])
    for (const [i, label] of split.labels.entries()) expect(split.images[i * SIDE ** 2]).toBe(label);
});

it('reads a black background and no left-out files', async () => {
  const info = await describeDataset('older', { importedDir });
  expect(describePreprocessing(info, SIDE).background).toBe(0);
  const page = await readLeftOut(join(importedDir, 'older', LEFT_OUT_FILE), 0, { limit: 10 });
  expect(page).toEqual({ files: 0, leftOut: [] });
});

it('returns them for the same archive and options', async () => {
  const path = join(importedDir, '.upload');
  await writeFile(path, ARCHIVE);
  const options = {
    side: SIDE,
    channels: 1,
    testShare: 0.2,
    background: 'black',
    onError: 'refuse',
    fit: 'contain',
    decoding: 'managed',
    antialias: true,
  } as const;
  expect(await importDataset({ name: 'older', path, importedDir, options })).toMatchObject({ classes: CLASSES });
  const other = importDataset({ name: 'older', path, importedDir, options: { ...options, background: 'white' } });
  await expect(other).rejects.toMatchObject({ code: 'dataset_exists' });
});
