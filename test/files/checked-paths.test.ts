/** Checked paths: no id, name, number or link leads outside the data folder. */
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPart, type PartKind } from '../../src/contracts/references/path-part.js';
import { ownPathIn, pathIn } from '../../src/files/checked-paths.js';
import { createCheckpointRetention } from '../../src/store/checkpoint-retention.js';
import { checkpointPaths, fenceCheckpoints, openCheckpoints } from '../../src/store/checkpoints.js';
import { openModelStore } from '../../src/store/index.js';
import { createStartingPoints } from '../../src/store/starting-points.js';
import { idOf } from '../support/ids.js';
import { describeModel } from '../support/models.js';

const corrupt = { code: 'record_corrupt' };
const files = { weights: Buffer.from('weights'), savedModel: Buffer.from('graph') };

let folder: string;
let victim: string;
let checkpointsDir: string;
let modelsDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-paths-'));
  [victim, checkpointsDir, modelsDir] = ['victim', 'checkpoints', 'models'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [checkpointsDir, modelsDir, join(victim, '1')]) await mkdir(each, { recursive: true });
  for (const steps of [10, 20, 30]) await writeFile(join(victim, '1', `${steps}.safetensors`), 'precious');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Checks that the files outside are unchanged. */
async function expectUntouched(): Promise<void> {
  expect(await readdir(victim)).toEqual(['1']);
  expect((await readdir(join(victim, '1'))).sort()).toEqual(['10.safetensors', '20.safetensors', '30.safetensors']);
}

describe('a part of a path', () => {
  const hostile = ['', '.', '..', '../x', 'a/b', '/etc', 'a\0b', 'a\n', '..\\x', '%2e%2e', '~', 'x'.repeat(300), ' a'];
  const kinds: readonly PartKind[] = ['jobId', 'modelName', 'datasetName', 'version', 'label', 'attempt', 'steps'];

  it.each(kinds)('of the kind %s must not be a text that leads elsewhere, or another type', (kind) => {
    for (const text of hostile)
      expect(() => pathIn('/data', { [kind]: text })).toThrow(expect.objectContaining(corrupt));
    for (const value of [undefined, null, {}, ['1'], [], Number.NaN, -1, 1.5, 1e21]) {
      expect(isPart(kind, value)).toBe(false);
      expect(() => pathIn('/data', { [kind]: value as string })).toThrow(expect.objectContaining(corrupt));
    }
  });

  it('is accepted unchanged in the form of its kind', () => {
    expect(pathIn('/data', { modelName: 'a..b', version: 3 })).toBe('/data/a..b/3');
    expect(pathIn('/data', { jobId: idOf('a'), attempt: 0 })).toBe(`/data/${idOf('a')}/0`);
  });

  it('must not be a symbolic link at any position', async () => {
    await symlink(victim, join(folder, 'linked'));
    await expect(ownPathIn(folder, { modelName: 'linked', version: 1 })).rejects.toMatchObject(corrupt);
    expect(await ownPathIn(folder, { modelName: 'victim', version: 1 })).toBe(join(victim, '1'));
  });
});

describe('checkpoints', () => {
  it('of an id that leads elsewhere are neither created nor taken over nor removed', async () => {
    for (const jobId of ['../victim', '..', '', '../../etc']) {
      const attempt = { checkpointsDir, jobId, attempt: 2 };
      await expect(openCheckpoints(attempt)).rejects.toMatchObject(corrupt);
      await expect(fenceCheckpoints(attempt)).rejects.toMatchObject(corrupt);
      await expect(checkpointPaths(checkpointsDir, jobId)).rejects.toMatchObject(corrupt);
      await expect(async () => createStartingPoints(checkpointsDir).drop(jobId)).rejects.toMatchObject(corrupt);
      await expect(createStartingPoints(checkpointsDir).keep(jobId, join(victim, '1'))).rejects.toMatchObject(corrupt);
    }
    await expectUntouched();
  });

  it('behind a link are neither taken over nor removed', async () => {
    await symlink(victim, join(checkpointsDir, idOf('linked')));
    await mkdir(join(checkpointsDir, idOf('inside')));
    await symlink(join(victim, '1'), join(checkpointsDir, idOf('inside'), '1'));
    for (const name of ['linked', 'inside'])
      await expect(openCheckpoints({ checkpointsDir, jobId: idOf(name), attempt: 2 })).rejects.toMatchObject(corrupt);
    const retention = createCheckpointRetention({
      checkpointsDir,
      find: async () => ({ endedAt: new Date(0).toISOString() }),
      days: 0,
      count: 0,
    });
    await retention.sweep().catch(() => undefined);
    for (const name of ['linked', 'inside']) await retention.ended(idOf(name)).catch(() => undefined);
    await expectUntouched();
  });

  it('are swept despite a foreign folder and an unreadable job', async () => {
    const old = new Date(0);
    for (const name of ['lost+found', '-rf', idOf('old')]) {
      await mkdir(join(checkpointsDir, name));
      await utimes(join(checkpointsDir, name), old, old);
    }
    await mkdir(join(checkpointsDir, idOf('broken')));
    const find = async (jobId: string) => {
      if (jobId === idOf('broken')) throw new Error('no such record');
      return undefined;
    };
    const sweep = createCheckpointRetention({ checkpointsDir, find, days: 1, count: 1 }).sweep;
    await expect(sweep()).rejects.toThrow('no such record');
    expect((await readdir(checkpointsDir)).sort()).toEqual(['-rf', idOf('broken'), 'lost+found'].sort());
  });
});

describe('models', () => {
  it('behind a link are neither listed nor removed nor overwritten', async () => {
    await symlink(victim, join(modelsDir, 'boots'));
    const store = await openModelStore(modelsDir);
    expect(await store.list()).toEqual([]);
    for (const reference of [{ name: 'boots' }, { name: 'boots', version: 1 }])
      await expect(store.remove(reference)).rejects.toBeDefined();
    await expect(store.save(describeModel({ jobId: idOf('a') }), files)).rejects.toMatchObject(corrupt);
    await expect(store.labels.move('boots', 'stable', { version: 1 })).rejects.toBeDefined();
    await expectUntouched();
  });

  it('of a name that leads elsewhere are not found', async () => {
    const store = await openModelStore(modelsDir);
    for (const name of ['../victim', '..', '.saving-x', 'a/b']) {
      await expect(store.get({ name, version: 1 })).rejects.toMatchObject({ code: 'model_not_found' });
      await expect(store.remove({ name })).rejects.toMatchObject({ code: 'model_not_found' });
      expect(await store.labels.list(name)).toEqual({});
    }
    await expectUntouched();
  });
});
