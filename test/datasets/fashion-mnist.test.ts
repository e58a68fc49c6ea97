/** Fashion-MNIST: read from its real files, plain or compressed, and verified by digest. */
import { mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatasetVerifier, datasets, loadDataset, verifyDataset } from '../../src/datasets/index.js';
import { FILES, provideFiles, readFile } from '../support/fashion-mnist.js';

const [trainImages, trainLabels, testImages, testLabels] = FILES;
const spec = {
  name: 'fashion-mnist',
  resize: 28,
  trainSamples: 60_000,
  testSamples: 10_000,
  validationSamples: 0,
} as const;

let datasetsDir: string;
beforeEach(async () => {
  datasetsDir = await mkdtemp(join(tmpdir(), 'trainyard-datasets-'));
  await provideFiles(datasetsDir);
});
afterEach(() => rm(datasetsDir, { recursive: true }));

/** Replaces the link by a file. */
async function replace(name: string, bytes: Uint8Array): Promise<void> {
  await rm(join(datasetsDir, name));
  await writeFile(join(datasetsDir, name), bytes);
}

describe('Fashion-MNIST', () => {
  it('is read completely, with the labels of its publisher', async () => {
    const { info, train, test } = await loadDataset(spec, 0, { datasetsDir });
    expect(train.images).toHaveLength(60_000 * 784);
    expect(test.images).toHaveLength(10_000 * 784);
    expect(info.classes[train.labels[0] ?? 0]).toBe('Ankle boot');
    expect(Array.from(test.labels.subarray(0, 5), (label) => info.classes[label])).toEqual([
      'Ankle boot',
      'Pullover',
      'Trouser',
      'Trouser',
      'Shirt',
    ]);
    expect(datasets['fashion-mnist']).toEqual(info);
  });

  it('has the described mean and standard deviation, to six digits', async () => {
    const { info } = await loadDataset({ ...spec, trainSamples: 1, testSamples: 1 }, 0, { datasetsDir });
    const pixels = (await readFile(trainImages)).subarray(16);
    const counts = new Array<number>(256).fill(0);
    for (const pixel of pixels) counts[pixel] = (counts[pixel] ?? 0) + 1;
    const moment = (of: (value: number) => number) =>
      counts.reduce((sum, count, value) => sum + count * of(value / 255), 0) / pixels.length;
    const mean = moment((value) => value);
    expect(info.mean).toEqual([Number(mean.toFixed(6))]);
    expect(info.std).toEqual([Number(Math.sqrt(moment((value) => (value - mean) ** 2)).toFixed(6))]);
    expect([info.mean[0]?.toFixed(4), info.std[0]?.toFixed(4)]).toEqual(['0.2860', '0.3530']); // as PyTorch users know them
  });

  it('returns the first N images', async () => {
    const { train, test } = await loadDataset({ ...spec, trainSamples: 3, testSamples: 2 }, 0, { datasetsDir });
    expect([train.samples, train.labels.length, train.images.length]).toEqual([3, 3, 3 * 784]);
    expect([test.samples, test.labels.length, test.images.length]).toEqual([2, 2, 2 * 784]);
    expect(Buffer.compare(test.images, (await readFile(testImages)).subarray(16, 16 + 2 * 784))).toBe(0);
    expect(test.images.buffer.byteLength).toBeLessThan(1_000_000);
  });

  it('is read from a folder of its name, compressed as published', async () => {
    const folder = join(datasetsDir, 'fashion-mnist');
    await writeCompressed(folder);
    for (const name of FILES) await rm(join(datasetsDir, name));
    const { test } = await loadDataset({ ...spec, trainSamples: 1, testSamples: 1 }, 0, { datasetsDir });
    expect(Buffer.compare(test.images, (await readFile(testImages)).subarray(16, 16 + 784))).toBe(0);
    await verifyDataset('fashion-mnist', { datasetsDir });
  });

  it.each([
    ['is missing', trainLabels, () => rm(join(datasetsDir, trainLabels)), /it is missing/],
    ['is empty', testLabels, () => replace(testLabels, new Uint8Array(0)), /SHA-256/],
    [
      'has one wrong byte',
      trainLabels,
      async () => {
        const bytes = Uint8Array.from(await readFile(trainLabels));
        bytes[1000] = (bytes[1000] ?? 0) ^ 1;
        await replace(trainLabels, bytes);
      },
      /its SHA-256 is [0-9a-f]{64}, not bad3541b/,
    ],
    [
      'is cut short',
      testImages,
      async () => {
        await replace(testImages, await readFile(testImages));
        await truncate(join(datasetsDir, testImages), 5_000_000);
      },
      /SHA-256/,
    ],
  ])('is refused with path and advice if a file %s', async (_, name, damage, reason) => {
    await damage();
    for (const attempt of [loadDataset(spec, 0, { datasetsDir }), verifyDataset('fashion-mnist', { datasetsDir })]) {
      const error = await attempt.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'dataset_corrupt' });
      expect(String(error)).toMatch(reason);
      expect(String(error)).toContain(name);
      expect(String(error)).toContain('npm start');
    }
  });

  it('is refused if a compressed file is not gzip', async () => {
    await rm(join(datasetsDir, trainLabels));
    await writeFile(join(datasetsDir, `${trainLabels}.gz`), 'not gzip');
    await expect(loadDataset(spec, 0, { datasetsDir })).rejects.toMatchObject({ code: 'dataset_corrupt' });
    await expect(verifyDataset('fashion-mnist', { datasetsDir })).rejects.toMatchObject({ code: 'dataset_corrupt' });
  });

  it('stops loading when the signal aborts', async () => {
    await expect(loadDataset(spec, 0, { datasetsDir, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it('is verified again only after a file has changed', async () => {
    const verifier = createDatasetVerifier({ datasetsDir });
    const bytes = Uint8Array.from(await readFile(testLabels));
    await replace(testLabels, bytes);
    const past = new Date('2020-01-01');
    await utimes(join(datasetsDir, testLabels), past, past);
    await verifier.verify('fashion-mnist');

    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(join(datasetsDir, testLabels), bytes);
    await utimes(join(datasetsDir, testLabels), past, past);
    await verifier.verify('fashion-mnist'); // same size, same time: not read again

    await utimes(join(datasetsDir, testLabels), new Date(), new Date());
    await expect(verifier.verify('fashion-mnist')).rejects.toMatchObject({ code: 'dataset_corrupt' });
    await rm(join(datasetsDir, trainImages));
    await expect(verifier.verify('fashion-mnist')).rejects.toThrow(trainImages);
  });
});

async function writeCompressed(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of FILES) await writeFile(join(folder, `${name}.gz`), gzipSync(await readFile(name), { level: 1 }));
}
