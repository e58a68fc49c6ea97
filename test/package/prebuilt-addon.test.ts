/** The prebuilt addon: taken if it fits this machine, otherwise refused with a sentence. */
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ADDON_FILE, addonPackageName, checkPrebuilt } from '../../scripts/setup/prebuilt-addon.js';
import { createContext, steps } from '../../scripts/setup/run-steps.js';
import { buildAddonPackage, repository } from '../support/packed.js';

let built: string;
let folder: string;
const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { version: string };
const wanted = { version, tensorflow: '2.21.0', nodeApi: 8 };

beforeAll(async () => {
  built = await buildAddonPackage();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-addon-'));
  await cp(built, folder, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

afterAll(() => rm(built, { recursive: true, force: true }));

/** Changes the manifest of the package. */
async function change(edit: (manifest: Record<string, unknown> & { addon: Record<string, unknown> }) => void) {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  edit(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

it('is taken if it fits', async () => {
  expect(await checkPrebuilt(folder, wanted)).toEqual({ path: join(folder, ADDON_FILE) });
});

it('is refused with a wrong checksum', async () => {
  await appendFile(join(folder, ADDON_FILE), '!');
  expect(await checkPrebuilt(folder, wanted)).toEqual({
    refused: expect.stringMatching(
      /^The prebuilt addon is not used: its SHA-256 must be [0-9a-f]{64} \(got [0-9a-f]{64}\)\.$/,
    ),
  });
});

it.each([
  ['another TensorFlow', { tensorflow: '2.20.0' }, 'it must be built for TensorFlow 2.21.0 (got 2.20.0)'],
  ['another Node-API', { nodeApi: 9 }, 'it must be built for Node-API 8 (got 9)'],
  ['a newer glibc', { glibc: '2.99' }, 'it needs glibc 2.99 or newer (got 2.36)'],
])('is refused if it was built for %s', async (_, addon, problem) => {
  await change((manifest) => Object.assign(manifest.addon, addon));
  expect(await checkPrebuilt(folder, wanted, '2.36')).toEqual({
    refused: `The prebuilt addon is not used: ${problem}.`,
  });
});

it('is refused with another name or version', async () => {
  await change((manifest) => Object.assign(manifest, { version: '9.9.9' }));
  expect(await checkPrebuilt(folder, wanted)).toEqual({ refused: expect.stringContaining('(got 9.9.9)') });
  await change((manifest) => Object.assign(manifest, { name: 'other' }));
  expect(await checkPrebuilt(folder, wanted)).toEqual({
    refused: `The prebuilt addon is not used: it must be ${addonPackageName()} on this machine (got other).`,
  });
});

it('needs no compiler if it fits, and one if it does not', async () => {
  const context = createContext({ ...process.env, TRAINYARD_ADDON: folder });
  expect(await steps.addon.needs(context)).toEqual([]);
  await appendFile(join(folder, ADDON_FILE), '!');
  expect(await steps.addon.needs(context)).toContain('compiler');
  expect(await steps.addon.needs(createContext(process.env))).toContain('compiler');
});
