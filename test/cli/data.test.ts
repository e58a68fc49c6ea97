/** `trainyard data` and `predict`: folders, archives, and a service that is killed during an import. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictures, zipOf } from '../support/archive.js';
import { runCommand, startCommand } from '../support/command.js';
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
    expect(JSON.parse(again.out)).toMatchObject({ name: 'many', width: 16, trainSamples: 12, testSamples: 3 });

    const added = await run('data', 'add', 'Small Boots');
    expect({ code: added.code, out: added.out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^data set +small-boots\n/),
    });
    expect(added.err).toContain('trainyard train resnet data=small-boots --follow');
    await writeFile(join(folder, 'boots.zip'), await zipOf(await pictures('', 4)));
    expect(await run('data', 'add', 'boots.zip', '--name', 'zipped', '-q')).toMatchObject({ code: 0, out: 'zipped\n' });
    expect((await run('data', 'ls', '-q')).out.split('\n')).toEqual(expect.arrayContaining(['small-boots', 'zipped']));
    expect((await run('data', 'rm', 'zipped')).code).toBe(2);
    expect((await run('data', 'rm', 'zipped', '--yes')).code).toBe(0);
    expect((await run('data', 'show', 'zipped')).code).toBe(4);
  });

  it.each([
    [['data', 'add', 'nowhere'], 'There is no file or folder nowhere.'],
    [['data', 'add', 'text.txt'], 'text.txt is neither a folder nor a ZIP archive.'],
    [['data', 'add', 'empty'], 'The folder empty has no files.'],
    [['data', 'add', 'many', '--side', 'x'], '--side must be a number (got "x").'],
  ])('%j is refused before anything is sent', async (args, message) => {
    await write({ 'text.txt': Buffer.from('x') });
    await mkdir(join(folder, 'empty'), { recursive: true });
    const { code, err } = await runCommand(args, { url: 'http://127.0.0.1:9', cwd: folder });
    expect({ code, line: err.split('\n')[0] }).toEqual({ code: 2, line: message });
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
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatchObject({ model: { name: 'boots', version: 1 }, predictions: [[{}, {}, {}]] });
    expect((await runCommand(['predict', 'nothing.png'], { url: api.address, cwd: folder })).code).toBe(2);
    const text = await runCommand(['predict', '-', '-m', 'boots'], { url: api.address, input: 'no image' });
    expect(text.code).toBe(4);
  });
});
