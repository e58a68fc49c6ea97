/** Manifest cache: bounded by bytes, least recently used manifests evicted first. */
import { mkdtemp, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openModelStore } from '../../src/store/index.js';
import { createManifestReader } from '../../src/store/manifest.js';
import { describeModel } from '../support/models.js';

it('keeps the manifests used last, as many as fit', async () => {
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

// On Linux a read of the beginning of a process's memory fails with EIO.
it.skipIf(process.platform !== 'linux')(
  'throws storage_unavailable, not model_corrupt, if the system refuses the read',
  async () => {
    const modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-manifests-'));
    const store = await openModelStore(modelsDir);
    const model = await store.save(describeModel({ jobId: '1' }), {
      weights: Buffer.from('w'),
      savedModel: Buffer.from('g'),
    });
    const folder = join(modelsDir, 'boots', '1');
    const reader = createManifestReader();
    const read = () => reader.read(folder, model).catch((error: unknown) => error);
    await rename(join(folder, 'manifest.json'), join(folder, 'kept.json'));
    await symlink('/proc/self/mem', join(folder, 'manifest.json'));

    const first = await read();
    expect(first).toMatchObject({ code: 'storage_unavailable', message: expect.stringContaining('EIO') });
    expect(await read()).not.toBe(first);
    await rm(join(folder, 'manifest.json'));
    await rename(join(folder, 'kept.json'), join(folder, 'manifest.json'));
    expect(await read()).toMatchObject({ name: 'boots', version: 1 });
    await rm(modelsDir, { recursive: true, force: true });
  },
);
