/** Keys across processes: a start that refuses or dies, and two API processes on one Redis. */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ApiKey, NewApiKey } from '../../src/contracts/access/api-key.js';
import { COMMAND } from '../support/command.js';
import { freePort } from '../support/free-port.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openEvents } from '../support/sse.js';

let server: TestRedis;
let dataDir: string;
let children: ChildProcess[];
beforeEach(async () => {
  server = await startRedis();
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-keys-'));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => kill(child, 'SIGTERM')));
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

type Started = Readonly<{ child: ChildProcess; output: () => string; ended: Promise<number | null> }>;

function start(file: string, env: Readonly<Record<string, string>>): Started {
  const child = fork(new URL(`../../dist/${file}`, import.meta.url), [], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, REDIS_URL: server.url, AUTH: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  children.push(child);
  return { child, output: () => text, ended: once(child, 'close').then(([code]) => code as number | null) };
}

/** Starts an API process and resolves with its address. */
async function startApi(env: Readonly<Record<string, string>> = { AUTH: 'keys' }): Promise<string> {
  const { child, output, ended } = start('server.js', env);
  const early = ended.then((code) => Promise.reject(new Error(`The API ended with ${code}: ${output()}`)));
  early.catch(() => undefined);
  const [ready] = (await Promise.race([once(child, 'message'), early])) as [{ address: string }];
  return ready.address.replace('0.0.0.0', '127.0.0.1');
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const statusOf = async (address: string, key: string): Promise<number> =>
  (await fetch(`${address}/jobs`, { headers: bearer(key) })).status;
const folder = (): string => join(dataDir, 'access');
const adminKey = async (): Promise<string> => (await readFile(join(folder(), 'admin-key'), 'utf8')).trim();
const files = (): string[] => (existsSync(folder()) ? readdirSync(folder()) : []);

async function createKey(address: string): Promise<NewApiKey> {
  const answer = await fetch(`${address}/keys`, {
    method: 'POST',
    headers: { ...bearer(await adminKey()), 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'test', role: 'viewer' }),
  });
  return (await answer.json()) as NewApiKey;
}

describe('a start on an address that other machines reach', () => {
  test.each(['server.js', 'main.js'])('of %s is refused without AUTH, and says what to set', async (file) => {
    const { ended, output } = start(file, { HOST: '0.0.0.0' });
    expect(await ended).toBe(1);
    expect(output()).toContain('HOST is 0.0.0.0, which other machines reach, and AUTH is not set. Set AUTH=keys');
    expect(output()).not.toMatch(/\n\s+at /);
  });

  test('is allowed with AUTH=none, and with AUTH=keys for those who have one', async () => {
    const open = await startApi({ HOST: '0.0.0.0', AUTH: 'none' });
    expect((await fetch(`${open}/jobs`)).status).toBe(200);
    const guarded = await startApi({ HOST: '0.0.0.0', AUTH: 'keys' });
    expect((await fetch(`${guarded}/jobs`)).status).toBe(401);
    expect(await statusOf(guarded, await adminKey())).toBe(200);
  });
});

test('the banner of `npm start` names the file of the key, and its commands work as they are pasted', async () => {
  const [folder, port] = [join(dataDir, "it's data"), await freePort()];
  const { child, output } = start('main.js', {
    AUTH: 'keys',
    DATA_DIR: folder,
    REDIS_URL: '',
    PORT: String(port),
    DATASETS_DIR: '',
  });
  await expect.poll(output, { timeout: 120_000, interval: 100 }).toMatch(/trainyard is ready.*Ctrl-C stops/s);
  expect(output()).toContain(`The first admin key is in ${join(folder, 'access/admin-key')}.`);
  const pasted = (command: string): Promise<string> => {
    const line =
      output()
        .split('\n')
        .find((each) => each.startsWith(`  ${command}`)) ?? expect.fail(output());
    const program = line.replace('npx trainyard', `${process.execPath} ${COMMAND}`);
    const env = { ...process.env, XDG_CONFIG_HOME: folder };
    return promisify(execFile)('sh', ['-c', program], { env }).then(({ stdout }) => stdout);
  };
  expect(await pasted('npx trainyard login')).toBe(`${join(folder, 'trainyard/config.json')}\n`);
  // This data folder has no Fashion-MNIST: the job is refused, but not for its key.
  expect(JSON.parse(await pasted('curl'))).toMatchObject({ code: 'dataset_corrupt' });
  // Ends its children too.
  await kill(child, 'SIGTERM');
}, 180_000);

describe('the first admin key', () => {
  /** Moments of a first start, by what it has written. */
  const MOMENTS: readonly (readonly [string, () => boolean])[] = [
    ['its folder is there', () => existsSync(folder())],
    ['the secret is being written', () => files().some((name) => name.startsWith('secret.'))],
    ['the secret is there', () => files().includes('secret')],
    ['the key is being written', () => files().some((name) => name.startsWith('admin-key.'))],
    ['the key is there', () => files().includes('admin-key')],
  ];

  test.each(MOMENTS)('is one key with its file at the start after a SIGKILL when %s', async (_, hasCome) => {
    const { child } = start('server.js', { AUTH: 'keys' });
    // A state may have passed between two looks: then the later ones have come.
    while (!hasCome() && !files().includes('admin-key')) await nextTurn();
    await kill(child, 'SIGKILL');
    const address = await startApi();
    const answer = await fetch(`${address}/keys`, { headers: bearer(await adminKey()) });
    const { keys } = (await answer.json()) as { keys: ApiKey[] };
    expect(keys.map(({ id, scopes }) => [id, scopes.includes('admin')])).toEqual([
      [(await adminKey()).slice(3, 15), true],
    ]);
    expect(files().filter((name) => name !== 'secret' && !name.endsWith('.tmp'))).toEqual(['admin-key']);
  });
});

describe('two API processes on one Redis', () => {
  /** Time within which a revoked key must be dead everywhere, in ms. */
  const DEAD_MS = 2_000;

  test('accept a new key at once, and refuse a revoked one within 2 seconds, its streams too', async () => {
    const [first, second] = [await startApi(), await startApi()];
    const { id, key } = await createKey(first);
    expect(await statusOf(second, key)).toBe(200);
    const job = await fetch(`${first}/jobs`, {
      method: 'POST',
      headers: { ...bearer(await adminKey()), 'content-type': 'application/json' },
      body: JSON.stringify({ network: 'resnet', dataset: { name: 'synthetic', resize: 28 } }),
    });
    const { id: jobId } = (await job.json()) as { id: string };

    const sockets = [first, second].map(
      (at) => new WebSocket(`${at.replace('http', 'ws')}/metrics`, { headers: bearer(key) }),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const streams = await Promise.all(
      [first, second].map((at) => openEvents(`${at}/jobs/${jobId}/events`, bearer(key))),
    );
    const closed = sockets.map(async (socket) => (await once(socket, 'close'))[0] as number);
    const problems = streams.map(async ({ events }) => {
      for await (const { event, data } of events) if (event === 'problem') return JSON.parse(data).code as string;
      return undefined;
    });

    const revoked = await fetch(`${first}/keys/${id}`, { method: 'DELETE', headers: bearer(await adminKey()) });
    expect(revoked.status).toBe(204);
    const revokedAt = performance.now();
    // At the process that revoked it, at once.
    expect(await statusOf(first, key)).toBe(401);
    const requests = async (): Promise<number> => {
      while ((await statusOf(second, key)) !== 401) await nextTurn();
      return performance.now() - revokedAt;
    };
    const ends = Promise.all([...closed, ...problems]).then((found) => ({
      found,
      afterMs: performance.now() - revokedAt,
    }));
    expect(await requests()).toBeLessThan(DEAD_MS);
    const { found, afterMs } = await ends;
    expect(found).toEqual([4401, 4401, 'unauthorized', 'unauthorized']);
    expect(afterMs).toBeLessThan(DEAD_MS);
    expect(await statusOf(second, key)).toBe(401);
  });
});
