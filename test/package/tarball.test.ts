/** The tarball of `npm pack`: its manifest, its files, and the repository after an interrupted pack. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRepository, pack, repository, runIn } from '../support/packed.js';

let clone: string;
let tarball: string;
let before: string;

beforeAll(async () => {
  clone = await copyRepository();
  before = await readFile(join(clone, 'package.json'), 'utf8');
  tarball = await pack(clone);
});

afterAll(() => rm(dirname(clone), { recursive: true, force: true }));

describe('the tarball', () => {
  it('has no dependencies, and the prebuilt addon as an option', async () => {
    const manifest = JSON.parse(await runIn(clone, ['tar', 'xzOf', tarball, 'package/package.json']));
    expect(manifest.optionalDependencies).toEqual({ 'trainyard-addon-linux-x64-gnu': JSON.parse(before).version });
    expect(Object.keys(manifest)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(private|d.*ependencies)$/)]),
    );
  });

  it('holds command, client, service with its lock, and the pages', async () => {
    const files = (await runIn(clone, ['tar', 'tzf', tarball])).split('\n');
    for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/client/index.js', 'dist/client/index.d.ts'])
      expect(files).toContain(`package/${path}`);
    for (const path of ['package.json', 'package-lock.json', 'dist/main.js', 'scripts/start.js', 'contents.json'])
      expect(files).toContain(`package/service/${path}`);
    expect(files).toContain('package/service/dist/console/index.html');
    expect(files.some((path) => /^package\/service\/dist\/console\/assets\/index-.*\.js\.br$/.test(path))).toBe(true);
    expect(files.filter((path) => /service\/dist\/(cli|client|command)\/|\.map$|\.stamp$/.test(path))).toEqual([]);
  });

  it('has the command with the licenses of what is bundled in it', async () => {
    const licenses = await runIn(clone, ['tar', 'xzOf', tarball, 'package/dist/command/licenses.md']);
    expect(licenses.match(/^## \S+/gm)).toEqual(['## commander', '## leven']);
    const command = await runIn(clone, ['tar', 'xzOf', tarball, 'package/dist/command/trainyard.cjs']);
    expect(command.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('is accepted by publint and by arethetypeswrong', async () => {
    const bin = join(repository, 'node_modules/.bin');
    expect(await runIn(clone, [join(bin, 'publint'), '--strict', tarball])).toContain('All good!');
    await runIn(clone, [join(bin, 'attw'), tarball, '--profile', 'esm-only']);
  });
});

describe('packing', () => {
  it('leaves the repository as it was', async () => {
    expect(await readFile(join(clone, 'package.json'), 'utf8')).toBe(before);
    expect(existsSync(join(clone, 'service'))).toBe(false);
  });

  it.each(['prepack', 'postpack'])('that was interrupted is repaired by the next %s', async (script) => {
    const run = (name: string) => runIn(clone, ['npm', 'run', '-s', name]);
    await run('prepack');
    expect(await readFile(join(clone, 'package.json'), 'utf8')).not.toBe(before);
    await run(script);
    if (script === 'prepack') await run('postpack');
    expect(await readFile(join(clone, 'package.json'), 'utf8')).toBe(before);
    expect(existsSync(join(clone, 'service'))).toBe(false);
  });

  it('refuses a published manifest whose original is gone', async () => {
    await runIn(clone, ['npm', 'run', '-s', 'prepack']);
    await rm(join(clone, '.cache/pack'), { recursive: true });
    await expect(runIn(clone, ['npm', 'run', '-s', 'postpack'])).rejects.toThrow(
      'package.json is the published one, and its original is gone: run `git checkout package.json`.',
    );
  });
});
