/** The embedded Redis: starts, keeps its data, ends, and cleans up after a run that was killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type EmbeddedRedis, openEmbeddedRedis } from '../../src/embedded/index.js';
import { createLogger } from '../../src/logging/logger.js';

const binary = join(import.meta.dirname, '../../.runtime/valkey/valkey-server');
const logger = createLogger('test', 'silent');

let folder: string;
let opened: { close(): unknown }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-embedded-'));
  opened = [];
});

afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(at = folder): Promise<EmbeddedRedis> {
  const redis = await openEmbeddedRedis({ binary, folder: at, logger });
  opened.push(redis);
  return redis;
}

function connect({ url }: EmbeddedRedis): Redis {
  const path = /^unix:\/\/(.+)$/.exec(url)?.[1];
  const client = path === undefined ? new Redis(url) : new Redis({ path });
  client.on('error', () => {});
  opened.push({ close: () => client.disconnect() });
  return client;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the embedded Redis', () => {
  test('listens on a socket in its folder, keeps what is written and evicts nothing', async () => {
    const redis = await open();
    expect(redis.url).toBe(`unix://${folder}/valkey.sock`);
    const client = connect(redis);
    expect(await client.set('key', 'value')).toBe('OK');
    expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await client.config('GET', 'port')).toEqual(['port', '0']);
  });

  test('has its data again after a restart', async () => {
    const first = await open();
    await connect(first).set('key', 'value');
    await first.close();
    expect(await connect(await open()).get('key')).toBe('value');
  });

  test('is gone after close, and a second close does nothing', async () => {
    const redis = await open();
    const pid = redis.pid();
    await redis.close();
    await redis.close();
    expect(pid !== undefined && isAlive(pid)).toBe(false);
    expect(redis.pid()).toBeUndefined();
  });

  test('is started again when it is killed, at the same address and with its data', async () => {
    const redis = await open();
    const client = connect(redis);
    await client.set('key', 'value');
    await client.call('WAITAOF', '1', '0', '5000');
    const pid = redis.pid();
    expect(pid).toBeGreaterThan(0);
    process.kill(Number(pid), 'SIGKILL');
    await once(client, 'close');
    expect(await client.get('key')).toBe('value');
    expect(redis.pid()).not.toBe(pid);
  });

  test('refuses a folder where another one runs, with a sentence', async () => {
    await open();
    await expect(openEmbeddedRedis({ binary, folder, logger })).rejects.toThrow(
      /already running on the data folder .*\. Use it, stop it, or set DATA_DIR/,
    );
  });

  test('refuses a folder where another one is just being started', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    opened.push({ close: () => other.kill('SIGKILL') });
    await writeFile(join(folder, 'starting.lock'), String(other.pid));
    await expect(openEmbeddedRedis({ binary, folder, logger })).rejects.toThrow(/already running/);
  });

  test('ends a server whose owner was killed, and has its data', async () => {
    const script = new URL('../../dist/embedded/index.js', import.meta.url).href;
    const owner = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { openEmbeddedRedis } = await import(${JSON.stringify(script)});
         const { createLogger } = await import(new URL('../logging/logger.js', ${JSON.stringify(script)}));
         const redis = await openEmbeddedRedis({ binary: process.argv[1], folder: process.argv[2], logger: createLogger('owner', 'silent') });
         console.log(redis.pid());`,
        binary,
        folder,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = await once(owner.stdout, 'data');
    const leftOver = Number(String(line));
    await connect({ url: `unix://${folder}/valkey.sock` } as EmbeddedRedis).set('key', 'value');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(isAlive(leftOver)).toBe(true);

    // The kernel closes the owner's connection a moment after its exit is seen.
    const redis = await vi.waitUntil(() => open().catch(() => undefined), { timeout: 5_000 });
    await vi.waitUntil(() => !isAlive(leftOver), { timeout: 5_000 });
    expect(await connect(redis).get('key')).toBe('value');
  });

  test('takes over a lock whose process is gone', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    await writeFile(join(folder, 'starting.lock'), String(gone.pid));
    expect(await connect(await open()).ping()).toBe('PONG');
  });

  test('uses a loopback port with a password where the path of the socket would be too long', async () => {
    const deep = join(folder, 'a-folder-with-a-long-name-'.repeat(4));
    await mkdir(deep, { recursive: true });
    const redis = await open(deep);
    expect(redis.url).toMatch(/^redis:\/\/:[\w-]{32}@127\.0\.0\.1:\d+$/);
    expect(await connect(redis).ping()).toBe('PONG');
    const stranger = new Redis({ port: Number(new URL(redis.url).port), retryStrategy: () => null });
    stranger.on('error', () => {});
    opened.push({ close: () => stranger.disconnect() });
    await expect(stranger.ping()).rejects.toThrow(/NOAUTH/);
    await redis.close();
    expect(await connect(await open(deep)).ping()).toBe('PONG');
    expect(JSON.parse(await readFile(join(deep, 'address.json'), 'utf8'))).toMatchObject({ kind: 'port' });
  });

  test('says what the server printed when it cannot start', async () => {
    await mkdir(join(folder, 'appendonlydir'));
    await writeFile(join(folder, 'appendonlydir/appendonly.aof.manifest'), 'rubbish\n');
    await expect(openEmbeddedRedis({ binary, folder, logger })).rejects.toThrow(
      /embedded Redis ended with exit code 1 before it was ready: .*manifest/,
    );
  });

  test('says so when its program is missing', async () => {
    await expect(openEmbeddedRedis({ binary: join(folder, 'nothing'), folder, logger })).rejects.toThrow(
      /nothing could not be started: .*ENOENT/,
    );
  });
});
