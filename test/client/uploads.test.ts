/** Uploads, exports and imports of the client against the real service, and its ZIP writer against Python's reader. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { writeZip, zipBytes } from '../../src/client/zip-writer.js';
import { type ServiceProcesses, SMALL_JOB, startProcesses } from './service.js';

/** The network of SMALL_JOB, as an import names it. */
const SMALL_MODEL = { network: SMALL_JOB.network, networkOptions: SMALL_JOB.networkOptions };

let processes: ServiceProcesses;
let trainyard: Trainyard;
let folder: string;
const files: Record<string, Buffer> = {};

beforeAll(async () => {
  processes = await startProcesses();
  trainyard = new Trainyard({ url: processes.address });
  folder = join(processes.dataDir, 'shoes');
  for (const [index, name] of ['ankle/1.png', 'ankle/2.png', 'règne/a/1.png', 'règne/2.png'].entries()) {
    const background = { r: 60 * index, g: 120, b: 40 };
    files[name] = await sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toBuffer();
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), files[name]);
  }
  await writeFile(join(folder, '.DS_Store'), 'x');
  await symlink('1.png', join(folder, 'ankle/3.png'));
  await symlink('..', join(folder, 'ankle/loop'));
});
afterAll(() => processes.close());

/** Collects the reports of an upload. */
function reports() {
  const seen: [sent: number, total: number][] = [];
  return { seen, onProgress: (sent: number, total: number) => void seen.push([sent, total]) };
}

describe('an import', () => {
  it('packs a folder, and reports its progress', async () => {
    const { seen, onProgress } = reports();
    const imported = await trainyard.datasets.import('shoes', folder, { side: 8, onProgress });
    expect(imported).toMatchObject({ classes: ['ankle', 'règne'], imported: { ignoredFiles: 0 } });
    expect(seen[0]).toEqual([0, expect.any(Number)]);
    expect(seen.at(-1)).toEqual([seen[0]?.[1], seen[0]?.[1]]);
    const sent = seen.map(([bytes]) => bytes);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  });

  it('recognizes the same folder, since its archive has the same bytes', async () => {
    const first = await trainyard.datasets.get('shoes');
    expect(await trainyard.datasets.import('shoes', folder, { side: 8 })).toEqual(first);
  });

  it('packs a list of files', async () => {
    const list = Object.entries(files).map(([name, bytes]) => new File([new Uint8Array(bytes)], name));
    expect(await trainyard.datasets.import('listed', list, { side: 8 })).toMatchObject({ classes: ['ankle', 'règne'] });
  });

  it('rejects with the error of the service, and with that of a missing folder', async () => {
    await expect(trainyard.datasets.import('shoes', folder, { side: 16 })).rejects.toMatchObject({
      code: 'dataset_exists',
    });
    const empty = new Blob(['no archive']);
    await expect(trainyard.datasets.import('other', empty)).rejects.toMatchObject({ code: 'invalid_dataset' });
    await expect(trainyard.datasets.import('other', join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('stops at once when its signal aborts, and leaves nothing', async () => {
    const controller = new AbortController();
    const onProgress = (sent: number): void => {
      if (sent > 0) controller.abort();
    };
    const stopped = trainyard.datasets.import('stopped', folder, { signal: controller.signal, onProgress });
    const error = await stopped.catch((reason: unknown) => reason);
    expect(error).toBe(controller.signal.reason);
    await expect(trainyard.datasets.get('stopped')).rejects.toMatchObject({ code: 'dataset_not_found' });
  });
});

describe('the ZIP writer', () => {
  it('writes archives that Python reads, also in ZIP64', async () => {
    const many = Array.from({ length: 65_600 }, (_, index) => ({
      name: `class/${index}`,
      size: 1,
      read: async () => Uint8Array.of(index % 251),
    }));
    const path = join(processes.dataDir, 'many.zip');
    const parts: Uint8Array[] = [];
    for await (const part of writeZip(many)) parts.push(part);
    const bytes = Buffer.concat(parts);
    expect(bytes.byteLength).toBe(zipBytes(many));
    await writeFile(path, bytes);
    const script =
      'import sys,zipfile as z; a=z.ZipFile(sys.argv[1]); print(len(a.namelist()), a.read("class/65599")[0], a.testzip())';
    const { stdout } = await promisify(execFile)('python3', ['-c', script, path]);
    expect(stdout.trim()).toBe(`65600 ${65_599 % 251} None`);
  });

  it('counts the bytes of archives beyond 4 GiB', () => {
    const read = async () => new Uint8Array();
    const small = zipBytes([
      { name: 'a', size: 10, read },
      { name: 'b', size: 10, read },
    ]);
    const large = zipBytes([
      { name: 'a', size: 2 ** 32, read },
      { name: 'b', size: 10, read },
    ]);
    // ZIP64: 12 bytes for the offset of b, 76 for the end of the directory.
    expect(large - small).toBe(2 ** 32 - 10 + 12 + 76);
  });

  it('refuses a file that changed while it was read', async () => {
    const changed = writeZip([{ name: 'a', size: 3, read: async () => new Uint8Array(4) }]);
    await expect(changed.next()).rejects.toThrow('a changed while it was read');
  });
});

describe('models', () => {
  it('are exported as a stream and imported from it', async () => {
    const { id } = await trainyard.jobs.submit({ ...SMALL_JOB, name: 'exported' });
    await trainyard.jobs.wait(id);
    const { stream, fileName, size, sha256 } = await trainyard.models.export('exported', 1, { format: 'safetensors' });
    const bytes = await buffer(stream as ReadableStream);
    expect(fileName).toMatch(/\.safetensors$/);
    expect(bytes.byteLength).toBe(size);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    const { manifest } = await trainyard.models.version('exported', 1);
    const { classes, preprocessing, spec: trained } = manifest;
    const { height, width, channels, resize } = preprocessing;
    const spec = { ...SMALL_MODEL, name: 'imported', classes, image: { height, width, channels }, resize };
    expect(trained.network).toBe(spec.network);
    expect(await trainyard.models.import(spec, bytes)).toMatchObject({ manifest: { name: 'imported', version: 1 } });
    await expect(trainyard.models.import(spec, new Blob(['x']))).rejects.toMatchObject({ code: 'invalid_weights' });
  });

  it('are imported only if predictions of the samples reproduce their logits', async () => {
    const { stream } = await trainyard.models.export('imported', 1, { format: 'safetensors' });
    const bytes = await buffer(stream as ReadableStream);
    const { manifest } = await trainyard.models.version('imported', 1);
    const { classes, preprocessing } = manifest;
    const { height, width, channels, resize } = preprocessing;
    const normalization = { mean: preprocessing.mean, std: preprocessing.std };
    const image = { height, width, channels };
    const spec = { ...SMALL_MODEL, name: 'sampled', classes, image, resize, normalization };
    const images = Object.values(files);
    const options = { model: 'imported@1', logits: true, topK: classes.length };
    const { predictions } = await trainyard.models.predict(images, options);
    const logits = predictions.map((each) =>
      each.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit ?? Number.NaN),
    );
    const imported = await trainyard.models.import(spec, bytes, { samples: { images, logits } });
    expect(imported).toMatchObject({ manifest: { name: 'sampled', version: 1 } });
    const wrong = { images, logits: logits.map((row) => row.map((value, at) => value + 3 * at)) };
    const refused = trainyard.models.import(spec, bytes, { samples: wrong });
    await expect(refused).rejects.toMatchObject({ code: 'logits_mismatch', status: 422 });
  });

  it('can be exported in part: a cancelled stream ends its connection', async () => {
    const { stream } = await trainyard.models.export('exported', 1, { format: 'onnx' });
    await stream.cancel();
    const controller = new AbortController();
    const { signal } = controller;
    const other = await trainyard.models.export('exported', 1, { format: 'onnx', signal });
    controller.abort();
    await expect(other.stream.getReader().read()).rejects.toBe(signal.reason);
  });

  it('name the version of the service', async () => {
    expect(await trainyard.service.version()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
