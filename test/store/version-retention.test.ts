/** Retention of model versions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ModelStore, openModelStore } from '../../src/store/index.js';
import { sweepVersions } from '../../src/store/version-retention.js';
import { saveTinyModel } from '../support/models.js';

let folder: string;
let store: ModelStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-versions-'));
  store = await openModelStore(folder);
  for (let seed = 1; seed <= 5; seed++) await saveTinyModel(store, { name: 'boots', seed });
  await saveTinyModel(store, { name: 'hats', seed: 1 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const left = async (name: string): Promise<readonly number[]> => (await store.describe(name)).versions;

/** Sweeps once. `inUse`: versions of boots that are predicting. */
async function sweep(kept: number, inUse: readonly number[] = []): Promise<unknown[]> {
  const errors: unknown[] = [];
  const sweeping = sweepVersions({
    stores: async () => [store],
    kept,
    isInUse: ({ manifest }) => manifest.name === 'boots' && inUse.includes(manifest.version),
    onError: (error) => errors.push(error),
  });
  await sweeping.sweep();
  sweeping.close();
  return errors;
}

describe('old versions of a model', () => {
  test('are all kept by default', async () => {
    expect(await sweep(0)).toEqual([]);
    expect(await left('boots')).toEqual([1, 2, 3, 4, 5]);
  });

  test('are removed beyond the newest of each name, and their numbers are not used again', async () => {
    expect(await sweep(2)).toEqual([]);
    expect(await left('boots')).toEqual([4, 5]);
    expect(await left('hats')).toEqual([1]);
    await saveTinyModel(store, { name: 'boots', seed: 6 });
    expect(await left('boots')).toEqual([4, 5, 6]);
  });

  test('are kept while they have a label or are in use', async () => {
    await store.labels.move('boots', 'stable', { version: 1 });
    expect(await sweep(1, [3])).toEqual([]);
    expect(await left('boots')).toEqual([1, 3, 5]);
    expect(await sweep(1)).toEqual([]);
    expect(await left('boots')).toEqual([1, 5]);
  });
});
