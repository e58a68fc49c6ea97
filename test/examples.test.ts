/** Runs the examples as the documentation describes, against the real service. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type TestRedis } from './support/redis.js';

const root = join(import.meta.dirname, '..');

let server: TestRedis;
let dataDir: string;
let children: ChildProcess[];
let address: string;

beforeAll(async () => {
  server = await startRedis();
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-examples-'));
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    REDIS_URL: server.url,
    LOG_LEVEL: 'warn',
  };
  const api = fork(join(root, 'dist/server.js'), { env });
  const worker = fork(join(root, 'dist/worker.js'), { env });
  children = [api, worker];
  const [[ready]] = await Promise.all([once(api, 'message'), once(worker, 'message')]);
  ({ address } = ready as { address: string });
});
afterAll(async () => {
  await Promise.all(
    children.map(async (child) => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }),
  );
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

const run = async (example: string, ...args: string[]): Promise<string> => {
  const options = { cwd: root, env: { ...process.env, TRAINYARD_URL: address } };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', `examples/${example}.ts`, ...args],
    options,
  );
  return stdout;
};

test('the notebook has no outputs', async () => {
  const { cells } = JSON.parse(await readFile(join(root, 'examples/notebook.ipynb'), 'utf8')) as { cells: object[] };
  const code = cells.filter((cell) => 'outputs' in cell);
  expect(code.length).toBeGreaterThan(0);
  for (const cell of code) expect(cell).toMatchObject({ outputs: [], execution_count: null });
});

describe('the examples', () => {
  test('submit a job, follow it to its model, and predict an image with the model', async () => {
    const settings = {
      epochs: 1,
      batchSize: 32,
      stepInterval: 1,
      dataset: { name: 'synthetic', resize: 28, trainSamples: 128, testSamples: 32 },
    };
    const id = (await run('submit', 'resnet', JSON.stringify(settings))).trim();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);

    const followed = (await run('follow', id)).trim().split('\n');
    expect(followed.slice(0, 3)).toEqual([
      'queued',
      'running',
      expect.stringMatching(/^ {2}epoch 1 step 1\/4: loss [\d.]+, [\d.]+ images\/s$/),
    ]);
    expect(followed.at(-2)).toMatch(
      /^epoch 1\/1: loss [\d.]+, train accuracy [\d.]+ %, test accuracy [\d.]+ %, [\d.]+ s$/,
    );
    expect(followed.at(-1)).toMatch(/^succeeded: model synthetic-resnet, version 1\. The epoch was trained\./);

    const image = join(dataDir, 'image.png');
    await sharp({ create: { width: 50, height: 40, channels: 3, background: '#808080' } })
      .png()
      .toFile(image);
    const answer = await run('predict', image, 'synthetic-resnet');
    expect(answer).toMatch(/^synthetic-resnet, version 1:\n( +[\d.]+ % {2}.+\n){3}$/);
    expect(await run('predict', image, 'synthetic-resnet@1')).toBe(answer);
  });

  test('train a recipe once per seed and print a table', async () => {
    const recipe = join(dataDir, 'recipe.json');
    const dataset = { name: 'synthetic', resize: 28, trainSamples: 128, testSamples: 32 };
    await writeFile(recipe, JSON.stringify({ network: 'resnet', name: 'recipe', batchSize: 32, epochs: 3, dataset }));
    const table = (await run('recipes/run', recipe, '--seeds', '0,1', '--epochs', '1')).trim().split('\n');
    expect(table).toEqual([
      '| seed | epochs | test accuracy | seconds | minutes |',
      '| ---: | ---: | ---: | ---: | ---: |',
      expect.stringMatching(/^\| 0 \| 1 \| [\d.]+ % \| [\d.]+ \| [\d.]+ \|$/),
      expect.stringMatching(/^\| 1 \| 1 \| [\d.]+ % \| [\d.]+ \| [\d.]+ \|$/),
      expect.stringMatching(
        /^\| mean ± deviation \| {2}\| [\d.]+ ± [\d.]+ % \| [\d.]+ ± [\d.]+ \| [\d.]+ ± [\d.]+ \|$/,
      ),
    ]);
    const [first, second] = table.slice(2, 4).map((row) => Number(/ ([\d.]+) %/.exec(row)?.[1]));
    const [mean, deviation] = (/ ([\d.]+) ± ([\d.]+) %/.exec(table[4] ?? '') ?? []).slice(1).map(Number);
    expect(mean).toBeCloseTo(((first ?? 0) + (second ?? 0)) / 2, 1);
    expect(deviation).toBeCloseTo(Math.abs((first ?? 0) - (second ?? 0)) / Math.SQRT2, 1); // the sample deviation of two numbers
  });

  test('print the message of an error', async () => {
    await expect(run('submit', 'vgg')).rejects.toThrow(/must be one of "resnet", "densenet", not "vgg"/);
    await expect(run('recipes/run', 'tutorial-resnet', '--epochs', '0')).rejects.toThrow(/\/epochs must be at least 1/);
    await expect(run('recipes/run', 'tutorial-resnet', '--seeds', 'x')).rejects.toThrow(/--seeds takes whole numbers/);
    await expect(run('follow', 'nobody')).rejects.toThrow(/The service refused: 404/);
    await expect(run('predict', join(root, 'package.json'), 'synthetic-resnet')).rejects.toThrow(
      /is not an image file/,
    );
  });
});
