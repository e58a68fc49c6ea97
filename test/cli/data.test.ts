/** `trainyard data` and `predict`: folders, archives, and a service that is killed during an import. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureOf, pictures, zipOf } from '../support/archive.js';
import { runCommand, startCommand } from '../support/command.js';
import { exactly, expectLines } from '../support/json-lines.js';
import { saveTinyModel } from '../support/models.js';
import { greyPng } from '../support/png.js';
import { openPredictApi, type PredictApi } from '../support/predict-api.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

const MANY = 5_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

/** Writes a folder of many different images of 5 kB. */
async function writeMany(): Promise<void> {
  for (const name of ['a', 'b']) await mkdir(join(folder, 'many', name), { recursive: true });
  for (let i = 0; i < MANY; i++) {
    const rows = Buffer.alloc(64 * 65, i % 251);
    rows.writeUInt32BE(i, 1);
    for (let y = 0; y < 64; y++) rows[y * 65] = 0;
    const image = greyPng(64, 64, [['IDAT', deflateSync(rows, { level: 0 })]]);
    await writeFile(join(folder, 'many', i % 2 === 0 ? 'a' : 'b', `${i}.png`), image);
  }
}

describe('an import', () => {
  let redis: TestRedis;
  let processes: WorkerProcesses;

  beforeAll(async () => {
    redis = await startRedis();
    processes = await openWorkerProcesses();
    await writeMany();
    await write(await pictures('Small Boots/', 5));
  });
  afterAll(async () => {
    await processes.close();
    await redis.close();
  });

  /** Starts an API on a free port. */
  async function startApi() {
    const { child } = processes.startEntry('server.js', { REDIS_URL: redis.url, PORT: '0', HOST: '127.0.0.1' });
    const { address } = await new Promise<{ address: string }>((resolve, reject) => {
      child.on('message', (message: { address?: string }) => {
        if (typeof message.address === 'string') resolve({ address: message.address });
      });
      child.once('exit', () => reject(new Error('The API ended.')));
    });
    return { child, url: address };
  }

  it('that the service does not survive says what to do and leaves nothing half-made', async () => {
    const first = await startApi();
    const command = startCommand(['data', 'add', 'many'], { url: first.url, cwd: folder });
    const uploads = join(processes.dataDir, 'datasets');
    await untilUploading(uploads);
    first.child.kill('SIGKILL');
    const { code, out, err } = await command.finished;
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toBe(
      'The service went away during the import. A data set is stored completely or not at all.\n' +
        'Look with `trainyard data show many`; if it is absent, run the same command again.\n',
    );

    const { url } = await startApi();
    const run = (...args: string[]) => runCommand(args, { url, cwd: folder });
    expect((await run('data', 'show', 'many')).code).toBe(4);
    expect((await readdir(uploads)).filter((name) => !name.startsWith('.'))).toEqual([]);
    // The name is free again.
    const again = await run('data', 'add', 'Small Boots', '--name', 'many', '--side', '16', '--json');
    expect(expectLines(again.out, 'DatasetDetails')).toMatchObject([
      { name: 'many', width: 16, trainSamples: 12, testSamples: 3 },
    ]);

    const other = await run('data', 'add', 'Small Boots', '--name', 'many');
    expect(other).toMatchObject({
      code: 4,
      err: 'There is already a data set many, from this archive with other options: --side is 96, and was 16 at the import of the data set. Choose another name, or delete that data set first.\nGive another name with --name, or delete the data set with `trainyard data rm`.\n',
    });

    const added = await run('data', 'add', 'Small Boots');
    expect({ code: added.code, out: added.out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^data set +small-boots\n/),
    });
    expect(added.err).toContain('trainyard train resnet data=small-boots --follow');
    await writeFile(join(folder, 'boots.zip'), await zipOf(await pictures('', 4)));
    expect(await run('data', 'add', 'boots.zip', '--name', 'zipped', '-q')).toMatchObject({ code: 0, out: 'zipped\n' });
    await write({ ...(await pictures('faulty/train/', 3)), ...(await pictures('faulty/test/', 1, 9)) });
    await write({
      'faulty/test/red/copy.png': await pictureOf(0, 1),
      'faulty/train/notes.txt': Buffer.from('x'),
    });
    const faulty = await run('data', 'add', 'faulty');
    expect(faulty.err).toContain('1 test image has the same pixels as training or validation images, so the test');
    expect(faulty.err).toContain('too good. `trainyard data show faulty --list leaks` lists them.\n');
    expect(faulty.err).not.toContain('GET /');
    expect(faulty.err).toContain('trainyard data show faulty --report');
    const report = await run('data', 'show', 'faulty', '--report');
    expect(report.out).toMatch(
      /^serious: 1 test image has the same pixels .*too good\. `trainyard data show faulty --list leaks` lists them\.\n/,
    );
    expect(report.out).toMatch(/\nclasses +balanced, 3 training images each\n/);
    expect(report.out).toMatch(/\nwidth +24 to 24 px, median 24/);
    const [printed] = expectLines((await run('data', 'show', 'faulty', '--report', '--json')).out, 'DatasetReport');
    expect(printed).toMatchObject({ same: { leakedTest: 1 } });
    const leaks = await run('data', 'show', 'faulty', '--list', 'leaks');
    expect(leaks.out).toMatch(
      /^group +split +class +file\n +1 +train +red +train\/red\/1\.png\n +1 +test +red +test\/red\/copy\.png\n$/,
    );
    expect((await run('data', 'show', 'faulty', '--list', 'left-out', '-q')).out).toBe('train/notes.txt\n');
    expect((await run('data', 'show', 'faulty', '--list', 'blank')).err).toContain('There are none.');
    expect((await run('data', 'show', 'faulty', '--list', 'leaks', '--report')).code).toBe(2);
    const dropped = await run('data', 'add', 'faulty', '--name', 'dropped', '--on-leak', 'drop', '--json');
    expect(JSON.parse(dropped.out)).toMatchObject({ trainSamples: 8, testSamples: 4, imported: { onLeak: 'drop' } });
    expect((await run('data', 'ls', '-q')).out.split('\n')).toEqual(expect.arrayContaining(['small-boots', 'zipped']));
    expect((await run('data', 'rm', 'zipped')).code).toBe(2);
    const removed = await run('data', 'rm', 'zipped', '--yes', '--json');
    expect(expectLines(removed.out, exactly({ deleted: { type: 'string' } }))).toEqual([{ deleted: 'zipped' }]);
    expect((await run('data', 'show', 'zipped')).code).toBe(4);
  });

  it.each([
    [['data', 'add', 'nowhere'], 'There is no file or folder nowhere.'],
    [['data', 'add', 'text.txt'], 'text.txt is neither a folder nor a ZIP, tar or npz file.'],
    [['data', 'add', 'empty'], 'The folder empty has no files.'],
    [
      ['models', 'add', 'text.txt'],
      'models add needs --classes: the names of the classes in the order of the outputs.',
    ],
    [['models', 'add', 'text.txt', '--classes', 'a,b,a'], '--classes has "a" twice.'],
    [['models', 'add', 'text.txt', '--classes', 'a,,b'], '--classes has an empty name (got "a,,b").'],
    [['models', 'add', 'text.txt', '--classes', 'names.txt'], '--classes needs at least two names (got "names.txt").'],
    [
      ['models', 'add', 'text.txt', '--classes', 'a,b', '--sample', 'text.txt'],
      '--sample needs --logits: a sample is an image with its logits.',
    ],
    [
      ['models', 'add', 'text.txt', '--classes', 'a,b', '--logits', 'logits.json'],
      '--logits needs --sample: a sample is an image with its logits.',
    ],
    [
      ['models', 'add', 'text.txt', '--classes', 'a,b', '--sample', 'nowhere.png', '--logits', 'logits.json'],
      'There is no file nowhere.png.',
    ],
    [
      ['models', 'add', 'text.txt', '--classes', 'a,b', '--sample', 'text.txt', '--logits', 'text.txt'],
      'text.txt must be JSON with a list of numbers for each sample.',
    ],
    [
      ['models', 'add', 'text.txt', '--classes', 'a,b', '--sample', 'text.txt', '--logits', 'logits.json'],
      'logits.json has logits of 2 images, but there is 1 sample.',
    ],
    [
      ['models', 'add', 'text.txt', '--classes', 'a,b', '--preprocessing', 'fit=contain'],
      '--preprocessing must be a JSON object (got "fit=contain").',
    ],
    [['data', 'add', 'many', '--side', 'x'], '--side must be a number (got "x").'],
  ])('%j is refused before anything is sent', async (args, message) => {
    await write({ 'text.txt': Buffer.from('x'), 'logits.json': Buffer.from('[[0, 1], [1, 0]]') });
    await mkdir(join(folder, 'empty'), { recursive: true });
    const { code, err } = await runCommand(args, { url: 'http://127.0.0.1:9', cwd: folder });
    expect({ code, line: err.split('\n')[0] }).toEqual({ code: 2, line: message });
  });

  it('without a service says that it cannot be reached', async () => {
    const { code, err } = await runCommand(['data', 'add', 'Small Boots'], { url: 'http://127.0.0.1:9', cwd: folder });
    expect({ code, err }).toEqual({ code: 5, err: expect.stringMatching(/^The service at \S+ cannot be reached: /) });
  });
});

/** Resolves once the service has written a part of an upload. */
async function untilUploading(uploads: string): Promise<void> {
  for (;;) {
    const names = await readdir(uploads, { recursive: true }).catch(() => []);
    if (names.length > 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a prediction', () => {
  let api: PredictApi;

  beforeAll(async () => {
    api = await openPredictApi();
    await saveTinyModel(api.store, { name: 'boots', seed: 1 });
    await write(await pictures('images/', 4));
  });
  afterAll(() => api.close());

  const images = ['images/red/0.png', 'images/green/1.png', 'images/blue/2.png'];

  it('prints the classes of each image, in the order of the images', async () => {
    const args = ['predict', ...images, '--model', 'boots', '--top', '2'];
    const { code, out } = await runCommand(args, { url: api.address, cwd: folder });
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines).toHaveLength(1 + 2 * images.length);
    expect(lines.filter((line) => line.startsWith('images/')).map((line) => line.split(' ')[0])).toEqual(images);
    expect(lines[1]).toMatch(/[abc] +\d+\.\d % {2}boots@1$/);
  });

  it('prints the answer of the service for each image with --json, and reads stdin', async () => {
    const { out } = await runCommand(['predict', ...images, '--model', 'boots', '--json'], {
      url: api.address,
      cwd: folder,
    });
    const answers = expectLines(out, 'PredictResponse');
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatchObject({ model: { name: 'boots', version: 1 }, predictions: [[{}, {}, {}]] });
    expect((await runCommand(['predict', 'nothing.png'], { url: api.address, cwd: folder })).code).toBe(2);
    const text = await runCommand(['predict', '-', '-m', 'boots'], { url: api.address, input: 'no image' });
    expect(text.code).toBe(4);
    expect(text.err).toMatch(/^The image on stdin is not an image file: send PNG/);
  });

  it('goes on after images that cannot be used, names them, and exits with 1', async () => {
    await write({ 'notes.txt': Buffer.from('no image') });
    const args = ['predict', 'notes.txt', 'images/red/0.png', 'nope.png', '--model', 'boots', '--quiet'];
    const { code, out, err } = await runCommand(args, { url: api.address, cwd: folder });
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/^[abc]\n$/) });
    expect(err).toMatch(/^notes\.txt is not an image file: send PNG.*\.\nnope\.png does not exist\.\n$/);
  });

  it('without --model says which models there are', async () => {
    await saveTinyModel(api.store, { name: 'shoes', seed: 2 });
    const { code, err } = await runCommand(['predict', images[0] ?? ''], { url: api.address, cwd: folder });
    expect({ code, err }).toEqual({
      code: 4,
      err: 'There are 2 models: boots, shoes.\nSay which: --model boots\n',
    });
  });
});
