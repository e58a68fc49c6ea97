/** The bundled command, which users run: it answers as the modules of dist/cli do, which the other tests run. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/setup/compile.js';
import { COMMAND } from '../support/command.js';

const root = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache/command-'));
  await bundleCommand(root, ['--outDir', folder]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (program: string, args: readonly string[]) => {
  const env = { ...process.env, XDG_CONFIG_HOME: folder, TRAINYARD_URL: 'http://127.0.0.1:1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
};

it('is executable after every build, which `npx trainyard` in a clone needs', async () => {
  expect((await stat(join(folder, 'trainyard.cjs'))).mode & 0o777).toBe(0o755);
});

it.each([
  ['--version', 0],
  ['models diff --help', 0],
  ['train --fields', 0],
  ['completion zsh', 0],
  ['__complete 2 trainyard train dataset.', 0],
  ['login --clear', 0],
  ['predict no-such-file.png --model boots', 2],
  ['trian', 2],
  ['train resnet epoch=5', 2],
  ['jobs ls --json', 5],
])('answers `trainyard %s` as the modules do', (words, status) => {
  const bundled = run(join(folder, 'trainyard.cjs'), words.split(' '));
  expect(bundled.status).toBe(status);
  expect(bundled).toEqual(run(COMMAND, words.split(' ')));
});
