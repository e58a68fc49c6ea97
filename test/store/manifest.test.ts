/** The manifests that a process keeps in memory: bounded by bytes, the one used longest ago goes first. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModelStore } from '../../src/store/index.js';
import { createManifestReader } from '../../src/store/manifest.js';
import { describeModel } from '../support/models.js';

it('keeps as many manifests as have room, those used last', async () => {
  const modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-manifests-'));
  const store = await openModelStore(modelsDir);
  for (const jobId of ['1', '2', '3'])
    await store.save(describeModel({ jobId }), { weights: Buffer.from('w'), savedModel: Buffer.from('g') });
  const folderOf = (version: number) => join(modelsDir, 'boots', String(version));
  const { size } = await stat(join(folderOf(1), 'manifest.json'));
  const reader = createManifestReader(2.5 * size);
  const recall = (version: number) => reader.recall(folderOf(version), { name: 'boots', version });

  const [first, second] = [await recall(1), await recall(2)];
  expect(await recall(1)).toBe(first);
  await recall(3);
  expect(await recall(1)).toBe(first);
  const again = await recall(2);
  expect(again).toEqual(second);
  expect(again).not.toBe(second);
  await rm(modelsDir, { recursive: true, force: true });
});
