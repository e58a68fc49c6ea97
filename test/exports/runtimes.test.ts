/** The client in Deno and Bun, which npm installs into .cache, and in the Node.js of this suite. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPECTED, writeImages } from '../client/runtimes/expected.js';
import { type ServiceProcesses, startProcesses } from '../client/service.js';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'test/client/runtimes/program.js');
const run = promisify(execFile);

/** npm packages with the binary of each runtime, and its arguments. */
const RUNTIMES = [
  { name: 'Deno', package: '@deno/linux-x64-glibc@2.9.6', binary: 'deno', args: ['run', '--allow-all'] },
  { name: 'Bun', package: '@oven/bun-linux-x64@1.4.5', binary: 'bin/bun', args: ['run'] },
] as const;

/** Installs a package into .cache. Returns its folder. */
async function install(name: string): Promise<string> {
  const prefix = join(root, '.cache/runtimes', name.replaceAll('/', '+'));
  const folder = join(prefix, 'node_modules', name.slice(0, name.lastIndexOf('@')));
  if (existsSync(folder)) return folder;
  await mkdir(prefix, { recursive: true });
  await run('npm', ['install', '--prefix', prefix, '--no-save', '--ignore-scripts', name], { cwd: prefix });
  return folder;
}

describe('the client', () => {
  let folder: string;
  let service: ServiceProcesses;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trainyard-runtimes-'));
    service = await startProcesses();
  });
  afterAll(async () => {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(RUNTIMES)('imports, trains, follows, predicts, exports and aborts in $name', async (runtime) => {
    const binary = join(await install(runtime.package), runtime.binary);
    const images = await writeImages(folder);
    const args = [service.address, runtime.name.toLowerCase(), images.folder, images.image];
    const { stdout } = await run(binary, [...runtime.args, program, ...args], {
      env: { ...process.env, DENO_DIR: folder },
    });
    expect(JSON.parse(stdout)).toEqual(EXPECTED);
  });
});
