/** Runs the blocks of docs/guides/client.md as one program, against the real service. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcesses, startProcesses } from './service.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
let processes: ServiceProcesses;
let folder: string;

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache/client-guide-'));
  processes = await startProcesses();
});
afterAll(async () => {
  await processes.close();
  await rm(folder, { recursive: true, force: true });
});

/** Writes an image of one colour. */
async function draw(path: string, red: number): Promise<void> {
  const background = { r: red, g: 100, b: 100 };
  await sharp({ create: { width: 28, height: 28, channels: 3, background } }).toFile(path);
}

/** Returns the blocks of the page as one program: imports first. `trainyard` is found by the exports of this package. */
async function programOf(page: string): Promise<string> {
  const blocks = [...(await readFile(page, 'utf8')).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, block = '']) => block,
  );
  expect(blocks.length).toBeGreaterThan(8);
  const lines = blocks.join('\n').split('\n');
  const isImport = (line: string): boolean => line.startsWith('import ');
  // The program ends without the receiver, which would listen for ever.
  return [...lines.filter(isImport), ...lines.filter((line) => !isImport(line)), 'void receiver;'].join('\n');
}

it('describes a program that compiles, imports, trains, predicts and exports', async () => {
  for (const [index, name] of ['ankle', 'rain'].entries()) {
    await mkdir(join(folder, 'boots', name), { recursive: true });
    for (let image = 0; image < 10; image += 1) {
      await draw(join(folder, `boots/${name}/${image}.png`), 200 * index + image);
    }
  }
  await draw(join(folder, 'boot.png'), 203);
  await writeFile(join(folder, 'program.ts'), await programOf(join(root, 'docs/guides/client.md')));
  const compilerOptions = { rootDir: root, noEmit: true, types: ['node'] };
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['program.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch(({ stdout }) => expect(stdout).toBe(''));

  const env = { ...process.env, TRAINYARD_URL: processes.address };
  const args = ['--import', import.meta.resolve('tsx'), join(folder, 'program.ts')];
  const { stdout } = await run(process.execPath, args, { cwd: folder, env });
  const lines = stdout.trim().split('\n');
  expect(lines).toEqual([
    "[ 'ankle', 'rain' ]",
    expect.stringMatching(/^\d+ parameters, \d+ steps$/),
    expect.stringMatching(/^epoch 1: [\d.]+$/),
    expect.stringMatching(/^epoch 2: [\d.]+$/),
    "succeeded { name: 'boots-resnet', version: 1 }",
    expect.stringMatching(/^(ankle|rain)$/),
    expect.stringMatching(/^\S+\.(onnx|tar) \d+$/),
    expect.stringMatching(/^[0-9a-f-]{36}$/),
    '1 undefined',
    'none anyone',
    expect.stringMatching(/epochs.* \/epochs$/),
    'no longer needed',
  ]);
  const [name = '', size] = (lines[6] ?? '').split(' ');
  expect((await stat(join(folder, name))).size).toBe(Number(size));
});
