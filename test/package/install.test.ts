/**
 * The package in an empty folder with an empty HOME: installed, set up, started, used and stopped.
 * Real: `npm pack`, `npm install` of both tarballs, the copy of the service, `npm ci` from its lock, the prebuilt addon, the service.
 * Seeded from the clone, because they are downloads of 500 MB: the TensorFlow and Valkey folders, Fashion-MNIST, and npm's cache.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { homeFolder, prepareVersion, runtimeName } from '../../scripts/home.js';
import { loadConfig } from '../../src/config.js';
import { buildAddonPackage, copyRepository, pack, repository, runIn } from '../support/packed.js';

const { datasetsDir } = loadConfig();
let clone: string;
let addon: string;
let app: string;
let home: string;
let env: NodeJS.ProcessEnv;
let started: ChildProcess[] = [];

beforeAll(async () => {
  clone = await copyRepository();
  const [tarball, built] = await Promise.all([pack(clone), buildAddonPackage()]);
  addon = built;
  const folder = dirname(clone);
  [app, home] = [join(folder, 'app'), join(folder, 'home')];
  await mkdir(app);
  await mkdir(home);
  env = withoutTrainyard({ ...process.env, HOME: home, npm_config_cache: join(repository, '.cache/npm') });
  await writeFile(join(app, 'package.json'), '{"private":true}');
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  await runIn(app, ['npm', 'install', tarball, addon, ...quiet], env);
  await seed(homeFolder(env));
}, 180_000);

afterEach(async () => {
  for (const child of started) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  }
  started = [];
});

afterAll(async () => {
  await rm(dirname(clone), { recursive: true, force: true });
  await rm(addon, { recursive: true, force: true });
});

/** Removes what npm and this suite set for the clone. */
function withoutTrainyard(all: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const unwanted =
    /^(TRAINYARD_\w+|XDG_CACHE_HOME|DATA_DIR|DATASETS_DIR|REDIS_URL|npm_(package|lifecycle|command|config_local)\w*)$/;
  return Object.fromEntries(Object.entries(all).filter(([name]) => !unwanted.test(name)));
}

/** Puts the downloads of the set-up where the set-up would put them. */
async function seed(folder: string): Promise<void> {
  await mkdir(join(folder, 'runtime'), { recursive: true });
  await mkdir(join(folder, 'cache'));
  await symlink(join(repository, '.runtime'), join(folder, 'runtime', runtimeName()));
  await symlink(join(repository, '.cache/npm'), join(folder, 'cache/npm'));
  await symlink(datasetsDir, join(folder, 'datasets'));
}

/** Starts the command in a process group of its own, as a terminal does. */
function start(data: string, [file, ...first]: [string, ...string[]]) {
  const child = spawn(file, [...first, 'start', '--data', data, '--port', '0'], {
    cwd: app,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, npm_config_prefer_offline: 'true' },
  });
  started.push(child);
  let output = '';
  const ready = new Promise<string>((resolve, reject) => {
    const note = (chunk: unknown): void => {
      output += chunk;
      const address = /trainyard is ready: (http:\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', note);
    child.once('exit', () => reject(new Error(`ended before it was ready:\n${output}`)));
  });
  return { child, ready, output: () => output };
}

/** Presses Ctrl-C. Resolves with the exit code as a shell has it, once no process of the service is left to write. */
async function interrupt(child: ChildProcess): Promise<number | null> {
  const close = once(child, 'close');
  process.kill(-(child.pid ?? 0), 'SIGINT');
  const [code, signal] = (await close) as [number | null, NodeJS.Signals | null];
  return signal === 'SIGINT' ? 130 : code;
}

const JOB = {
  network: 'resnet',
  networkOptions: { stem: 'small', width: 8, blocks: [1] },
  dataset: { resize: 28, trainSamples: 500, testSamples: 100 },
  epochs: 1,
};

it('prints its version', async () => {
  expect(await runIn(app, ['npx', 'trainyard', '--version'], env)).toMatch(/^\d+\.\d+\.\d+$/);
});

it('sets up once for two starts, trains a job, and ends on Ctrl-C', async () => {
  const first = start('data', ['npx', 'trainyard']);
  const second = start('other', [join(app, 'node_modules/.bin/trainyard')]);
  const [address] = await Promise.all([first.ready, second.ready]);
  const outputs = first.output() + second.output();
  expect(outputs.match(/^\[1\/5\] npm packages$/gm)).toHaveLength(1);
  expect(outputs).toContain('waiting for it.');
  expect(outputs).toContain('  prebuilt\n');
  expect(existsSync(join(app, 'data/models'))).toBe(true);

  await writeFile(join(app, 'job.json'), JSON.stringify(JOB));
  const args = ['trainyard', '--url', address, 'train', '-f', 'job.json', '--follow', '--quiet'] as const;
  await runIn(app, ['npx', ...args], env);
  expect([0, 130]).toContain(await interrupt(first.child));
  expect(await interrupt(second.child)).toBe(0);
  for (const { output } of [first, second]) expect(output()).toMatch(/"service":"main".*"msg":"stopped"/);
  expect((await readdir(home)).filter((name) => !['.cache', '.npm'].includes(name))).toEqual([]);
});

it('repairs a half-made home', async () => {
  const service = join(app, 'node_modules/trainyard/service');
  const folder = await prepareVersion(homeFolder(env), service);
  await truncate(join(folder, 'dist/main.js'), 10);
  await prepareVersion(homeFolder(env), service);
  expect(await runIn(app, ['cmp', join(service, 'dist/main.js'), join(folder, 'dist/main.js')])).toBe('');
});

it('explains a home that cannot be written', async () => {
  await writeFile(join(app, 'file'), '');
  const failed = runIn(app, ['npx', 'trainyard', 'start'], { ...env, TRAINYARD_HOME: join(app, 'file/home') });
  await expect(failed).rejects.toThrow(
    /trainyard cannot set itself up in .*file\/home: ENOTDIR.* Set TRAINYARD_HOME to a folder/,
  );
});
