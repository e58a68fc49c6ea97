/** Store of trained models: complete or absent models, unique versions, nothing outside its folder. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainyardError } from '../../src/errors/errors.js';
import { sweepLeftovers } from '../../src/files/leftovers.js';
import { openCheckpoints } from '../../src/store/checkpoints.js';
import { openModelStore } from '../../src/store/index.js';
import { idOf } from '../support/ids.js';
import { describeModel } from '../support/models.js';

const files = { weights: Buffer.from('weights'), savedModel: Buffer.from('graph') };

let modelsDir: string;
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'trainyard-models-'));
});
afterEach(() => rm(modelsDir, { recursive: true, force: true }));

const tree = async () => (await readdir(modelsDir, { recursive: true })).sort();

describe('a stored model', () => {
  it('contains its manifest, weights and graph', async () => {
    const store = await openModelStore(modelsDir);
    const description = describeModel();
    expect(await store.save(description, files)).toEqual({ name: 'boots', version: 1 });
    expect(await tree()).toEqual([
      'boots',
      'boots/1',
      'boots/1/manifest.json',
      'boots/1/saved_model',
      'boots/1/saved_model/saved_model.pb',
      'boots/1/weights.safetensors',
    ]);
    const { manifest, folder } = await store.get({ name: 'boots', version: 1 });
    expect(folder).toBe(join(modelsDir, 'boots', '1'));
    expect(manifest).toMatchObject({ ...description, format: 'trainyard-model/1', name: 'boots', version: 1 });
    expect(manifest.files.weights.sha256).toBe('9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c');
    expect(await readFile(join(folder, manifest.files.savedModel.path), 'utf8')).toBe('graph');
  });

  it('gets the versions 1, 2, 3 … and sorts them as numbers', async () => {
    const store = await openModelStore(modelsDir);
    for (let version = 1; version <= 11; version++) {
      expect(await store.save(describeModel({ jobId: `job-${version}` }), files)).toEqual({ name: 'boots', version });
    }
    const [summary] = await store.list();
    expect(summary?.versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(summary?.latest.version).toBe(11);
    expect((await store.get({ name: 'boots' })).manifest.version).toBe(11);
  });

  it('is stored once per job, however often and concurrently the job saves it', async () => {
    const stores = await Promise.all([openModelStore(modelsDir), openModelStore(modelsDir)]);
    const saved = await Promise.all(
      [...stores, ...stores, ...stores].map((store) => store.save(describeModel({ jobId: 'same' }), files)),
    );
    expect(new Set(saved.map(({ version }) => version))).toEqual(new Set([1]));
    expect(await stores[0]?.save(describeModel({ jobId: 'same' }), files)).toEqual({ name: 'boots', version: 1 });
    expect((await readdir(modelsDir)).sort()).toEqual(['boots']);
  });

  it('gets its own version when several jobs save the same name concurrently', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => openModelStore(modelsDir)));
    const saved = await Promise.all(
      stores.map((store, index) => store.save(describeModel({ jobId: `job-${index}` }), files)),
    );
    expect(saved.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const store = await openModelStore(modelsDir);
    for (const [index, reference] of saved.entries())
      expect((await store.get(reference)).manifest.jobId).toBe(`job-${index}`);
  });

  it.each([
    ['more classes', ['a', 'b', 'c', 'd'], 'has 3 classes, not 4'],
    ['fewer classes', ['a', 'b'], 'has 3 classes, not 2'],
    ['another class', ['a', 'x', 'c'], 'has "b" as class 2, not "x"'],
    ['another order', ['b', 'a', 'c'], 'has "a" as class 1, not "b"'],
  ])('is refused under the name of a model if it has %s', async (_, classes, difference) => {
    const store = await openModelStore(modelsDir);
    await store.save(describeModel({ jobId: 'first' }), files);
    const before = await tree();
    const refused = { code: 'classes_differ', message: expect.stringContaining(`boots@1 ${difference}`) };
    await expect(store.save(describeModel({ jobId: 'second', classes }), files)).rejects.toMatchObject(refused);
    expect(await tree()).toEqual(before);
    expect(await store.nameFault('boots', ['a', 'b', 'c'])).toBeUndefined();
    expect(await store.nameFault('shoes', classes)).toBeUndefined();
  });

  it('is refused if a concurrent save gave its name to other classes', async () => {
    const stores = await Promise.all([openModelStore(modelsDir), openModelStore(modelsDir)]);
    const saved = await Promise.allSettled([
      stores[0]?.save(describeModel({ jobId: 'one' }), files),
      stores[1]?.save(describeModel({ jobId: 'other', classes: ['x', 'y'] }), files),
    ]);
    expect(saved.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(saved.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'classes_differ' } });
  });

  it('is listed under its name, in the order of the names', async () => {
    const store = await openModelStore(modelsDir);
    for (const name of ['b', 'c', 'a']) await store.save(describeModel({ name, jobId: name }), files);
    expect((await store.list()).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('is found by a store that was opened before', async () => {
    const [reader, writer] = await Promise.all([openModelStore(modelsDir), openModelStore(modelsDir)]);
    await expect(reader.get({ name: 'boots' })).rejects.toMatchObject({ code: 'model_not_found' });
    await writer.save(describeModel(), files);
    expect((await reader.get({ name: 'boots' })).manifest.version).toBe(1);
    await rm(join(modelsDir, 'boots', '1'), { recursive: true });
    await expect(reader.get({ name: 'boots', version: 1 })).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('throws model_not_found for an unknown name or version', async () => {
    const store = await openModelStore(modelsDir);
    await store.save(describeModel(), files);
    await expect(store.get({ name: 'shoes' })).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('"shoes"'),
    });
    await expect(store.get({ name: 'boots', version: 2 })).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('version 2'),
    });
  });
});

describe('a model of an outdated attempt', () => {
  it('is not stored and leaves nothing behind', async () => {
    const checkpointsDir = join(modelsDir, 'checkpoints');
    const first = await openCheckpoints({ checkpointsDir, jobId: idOf('a-job'), attempt: 1 });
    const store = await openModelStore(join(modelsDir, 'models'));
    await store.save(describeModel({ jobId: 'another' }), files, first.requireCurrent);
    await openCheckpoints({ checkpointsDir, jobId: idOf('a-job'), attempt: 2 });
    await expect(store.save(describeModel(), files, first.requireCurrent)).rejects.toMatchObject({
      code: 'worker_stopped',
    });
    expect(await store.list()).toMatchObject([{ versions: [1] }]);
    expect(await readdir(join(modelsDir, 'models'))).toEqual(['boots']);
  });
});

describe('a hostile name', () => {
  const names = [
    '../evil',
    '..',
    '.',
    '',
    '/etc',
    'a/b',
    'a\\b',
    '%2e%2e',
    '%2e%2e%2fevil',
    'a\0b',
    '.saving-x',
    '-rf',
    'ÄÖ',
    'Boots',
    'x'.repeat(65),
    'x'.repeat(10_000),
    'boots\n',
  ];
  it.each(names)('refuses to save or find %j and writes nothing', async (name) => {
    const store = await openModelStore(join(modelsDir, 'inner'));
    await expect(store.save(describeModel({ name }), files)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(store.get({ name })).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(store.get({ name, version: 1 })).rejects.toMatchObject({ code: 'model_not_found' });
    expect(await tree()).toEqual(['inner']);
  });
});

describe('a corrupt manifest', () => {
  const path = (version: number) => join(modelsDir, 'boots', String(version), 'manifest.json');
  const edit = async (version: number, change: (manifest: Record<string, unknown>) => unknown) =>
    writeFile(path(version), JSON.stringify(change(JSON.parse(await readFile(path(version), 'utf8')))));

  it.each<[string, () => Promise<void>]>([
    ['is cut short', () => writeFile(path(2), '{"format":')],
    ['is empty', () => writeFile(path(2), '')],
    ['is missing', () => rm(path(2))],
    ['is a list', () => writeFile(path(2), '[]')],
    ['lacks a field', () => edit(2, ({ classes: _, ...rest }) => rest)],
    ['has an unknown field', () => edit(2, (manifest) => ({ ...manifest, extra: 1 }))],
    ['names another version', () => edit(2, (manifest) => ({ ...manifest, version: 1 }))],
    [
      'points out of its folder',
      () =>
        edit(2, (manifest) => ({
          ...manifest,
          files: {
            ...(manifest.files as object),
            savedModel: { path: '../1/saved_model/saved_model.pb', sha256: 'a'.repeat(64) },
          },
        })),
    ],
  ])('throws model_corrupt for a manifest that %s and still lists the other models', async (_, damage) => {
    const seen: TrainyardError[] = [];
    const store = await openModelStore(modelsDir, { onCorrupt: (error) => seen.push(error) });
    await store.save(describeModel({ jobId: '1' }), files);
    await store.save(describeModel({ jobId: '2' }), files);
    await store.get({ name: 'boots', version: 2 });
    await damage();
    await expect(store.get({ name: 'boots', version: 2 })).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining(path(2)),
    });
    expect((await store.get({ name: 'boots', version: 1 })).manifest.version).toBe(1);
    expect((await store.list()).map(({ versions }) => versions)).toEqual([[1]]);
    expect(seen.map(({ code }) => code)).toEqual(['model_corrupt']);
    expect(await store.save(describeModel({ jobId: '3' }), files)).toEqual({ name: 'boots', version: 3 });
  });

  it('is never written', async () => {
    const store = await openModelStore(modelsDir);
    const description = describeModel();
    await expect(
      store.save({ ...description, scores: { ...description.scores, testLoss: Number.NaN } }, files),
    ).rejects.toThrow('/scores/testLoss');
    expect(await tree()).toEqual([]);
  });

  it('stores all files while it writes some and creates others, or no model if one cannot be created', async () => {
    const store = await openModelStore(modelsDir);
    const content = Buffer.alloc(3_000_000, 7);
    const makes = { weights: () => content, savedModel: () => Buffer.from('graph') };
    const refuses = () => {
      throw new Error('There is no such graph.');
    };
    await expect(store.save(describeModel(), { ...makes, onnx: refuses })).rejects.toThrow('There is no such graph.');
    expect(await tree()).toEqual([]);
    const stored = await store.get(await store.save(describeModel(), makes));
    // An element-wise comparison of this many bytes takes seconds.
    const weights = await store.readFile(stored, 'weights');
    expect(weights !== undefined && content.equals(weights)).toBe(true);
    expect(await store.readFile(stored, 'savedModel')).toEqual(Buffer.from('graph'));
  });
});

describe('leftovers of a crashed save', () => {
  it('are removed by a running process once they are old', async () => {
    const sweeping = sweepLeftovers(() => [modelsDir], {
      onError: (error) => expect.unreachable(String(error)),
      everyMs: 5,
    });
    const leftover = join(modelsDir, '.saving-old');
    await mkdir(join(leftover, 'saved_model'), { recursive: true });
    await mkdir(join(modelsDir, '.saving-young'));
    const past = new Date(Date.now() - 2 * 86_400_000);
    await utimes(leftover, past, past);
    await expect.poll(() => readdir(modelsDir)).toEqual(['.saving-young']);
    sweeping.close();
    await mkdir(leftover);
    await utimes(leftover, past, past);
    expect(await readdir(modelsDir)).toHaveLength(2);
  });

  it('are not listed, and are removed at opening once they are old', async () => {
    for (const name of ['.saving-old', '.saving-young'])
      await mkdir(join(modelsDir, name, 'saved_model'), { recursive: true });
    const past = new Date(Date.now() - 2 * 86_400_000);
    await utimes(join(modelsDir, '.saving-old'), past, past);
    const store = await openModelStore(modelsDir);
    expect(await readdir(modelsDir)).toEqual(['.saving-young']);
    expect(await store.list()).toEqual([]);
  });
});

describe('two processes', () => {
  it('get different versions when they save the same name concurrently', async () => {
    const save = `
      const { openModelStore } = await import(process.argv[1]);
      const description = JSON.parse(process.argv[3]);
      const store = await openModelStore(process.argv[2]);
      const versions = [];
      for (let i = 0; i < 5; i++) {
        const jobId = process.pid + '-' + i;
        versions.push((await store.save({ ...description, jobId }, { weights: Buffer.alloc(100_000), savedModel: Buffer.alloc(10) })).version);
      }
      console.log(JSON.stringify(versions));`;
    const run = () =>
      promisify(execFile)(process.execPath, [
        '--input-type=module',
        '-e',
        save,
        compiledStore,
        modelsDir,
        JSON.stringify(describeModel()),
      ]);
    const outputs = await Promise.all([run(), run()]);
    const versions = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as number[]);
    expect(versions.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

const compiledStore = pathToFileURL(join(import.meta.dirname, '../../dist/store/index.js')).href;
/** A file system of 1 MiB in the mount namespace of the test's process. Not every machine allows one. */
const SMALL_DISK = ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"'];
const smallDisk = spawnSync('unshare', [...SMALL_DISK, tmpdir(), 'true']).status === 0;
if (!smallDisk) console.log('Skipped: the test of a full disk needs a user namespace that may mount a tmpfs.');

describe.skipIf(!smallDisk)('a full disk', () => {
  it('refuses the model with insufficient_storage, leaves nothing behind and stores the next one that fits', async () => {
    const save = `
      const { openModelStore } = await import(process.argv[1]);
      const { readdir } = await import('node:fs/promises');
      const [, , modelsDir, description] = process.argv;
      const store = await openModelStore(modelsDir);
      const error = await store.save(JSON.parse(description), { weights: Buffer.alloc(2_000_000), savedModel: Buffer.alloc(10) }).catch((error) => error);
      const left = await readdir(modelsDir);
      const saved = await store.save(JSON.parse(description), { weights: Buffer.alloc(10_000), savedModel: Buffer.alloc(10) });
      console.log(JSON.stringify({ code: error.code, message: error.message, left, saved }));`;
    const { stdout } = await promisify(execFile)('unshare', [
      ...SMALL_DISK,
      modelsDir,
      process.execPath,
      '--input-type=module',
      '-e',
      save,
      compiledStore,
      modelsDir,
      JSON.stringify(describeModel()),
    ]);
    expect(JSON.parse(stdout)).toEqual({
      code: 'insufficient_storage',
      message: expect.stringMatching(/boots could not be saved: the disk of .* is full/),
      left: [],
      saved: { name: 'boots', version: 1 },
    });
  });
});
