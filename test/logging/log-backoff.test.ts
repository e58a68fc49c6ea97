/** Log lines of the processes while Redis refuses everything: few, in words, with a count. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLogBackoff } from '../../src/logging/log-backoff.js';
import { createLogger } from '../../src/logging/logger.js';
import { startFakeRedis } from '../support/fake-redis.js';
import { startRedis } from '../support/redis.js';

type Line = Readonly<{ msg: string; level: number; reason?: string; repeated?: number; err?: { message: string } }>;

let dataDir: string;
let children: ChildProcess[];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'trainyard-log-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs the API and a worker against this Redis until they have logged repeats, and answers all lines. */
async function logOf(url: string, minMs: number): Promise<Line[]> {
  let text = '';
  const start = async (file: string) => {
    const env = { ...process.env, DATA_DIR: dataDir, REDIS_URL: url, PORT: '0', LOG_LEVEL: 'debug' };
    const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
    const child = fork(new URL(`../../dist/${file}`, import.meta.url), [], { env, stdio: [...stdio] });
    children.push(child);
    child.stdout?.on('data', (chunk) => (text += chunk));
    await once(child, 'message');
  };
  await Promise.all(['server.js', 'worker.js'].map(start));
  const since = performance.now();
  const hasRepeats = () => performance.now() - since > minMs && text.includes('"repeated":');
  await vi.waitUntil(hasRepeats, { timeout: 40_000, interval: 100 });
  for (const child of children) child.kill('SIGKILL');
  return text
    .trim()
    .split('\n')
    .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Line] : []));
}

describe('the log of the processes', () => {
  test.each([
    ['a Redis that answers an error to everything', false],
    ['a Redis that lets clients connect and answers an error to the rest', true],
  ])('is short on %s', { timeout: 120_000 }, async (_, isReady) => {
    const server = await startFakeRedis('-ERR something is wrong here', { isReady });
    const lines = await logOf(`redis://:secret-word@127.0.0.1:${server.port}`, 4_000);
    const text = JSON.stringify(lines);
    expect(lines.length).toBeLessThan(250);
    expect(text.length).toBeLessThan(100_000);
    expect(text).toContain('Redis answers with an error: ERR something is wrong here');
    expect(text).not.toMatch(/writeable|secret-word/);
    // A loop that asked without a pause would have sent tens of thousands.
    expect(server.commands()).toBeLessThan(5_000);
    await server.close();
  });

  test('is short while a real Redis is out of memory', { timeout: 120_000 }, async () => {
    const server = await startRedis({ settings: ['maxmemory 1'] });
    const lines = await logOf(server.url, 4_000);
    expect(lines.length).toBeLessThan(250);
    expect(JSON.stringify(lines)).toContain('Redis is out of memory and refuses writes');
    await server.close();
  });
});

describe('lines that repeat', () => {
  test('are written at once, then with growing pauses and a count, and at once again after a long silence', async () => {
    vi.useFakeTimers();
    try {
      const backoff = createLogBackoff({ first: 1_000, longest: 4_000 });
      const written: [number, number | undefined][] = [];
      const start = Date.now();
      const note = () => backoff.write('a', (repeated) => written.push([Date.now() - start, repeated]));
      for (let tenths = 0; tenths < 100; tenths++) {
        note();
        vi.advanceTimersByTime(100);
      }
      expect(written).toEqual([
        [0, undefined],
        [1_000, 9],
        [3_000, 20],
        [7_000, 40],
      ]);
      vi.advanceTimersByTime(20_000);
      expect(written.slice(4)).toEqual([[11_000, 30]]);
      note();
      expect(written.at(-1)?.[1]).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  test('are told apart by message, job and reason; lines of other levels are all written', () => {
    const lines: Line[] = [];
    const write = (text: string): void => void lines.push(JSON.parse(text));
    const logger = createLogger('test', 'info', { write });
    for (let i = 0; i < 3; i++) {
      logger.info('request answered');
      logger.warn({ reason: 'one', delay: i }, 'lost');
      logger.warn({ reason: 'other' }, 'lost');
      logger.child({ jobId: `job ${i}` }).error({ err: new Error('died') }, 'ended');
    }
    expect(lines.filter(({ msg }) => msg === 'request answered')).toHaveLength(3);
    expect(lines.filter(({ msg }) => msg === 'lost').map(({ reason }) => reason)).toEqual(['one', 'other']);
    expect(lines.filter(({ msg }) => msg === 'ended')).toHaveLength(3);
  });

  test('are told apart by the errors that libraries log alone, and each error is written', () => {
    const lines: Line[] = [];
    const write = (text: string): void => void lines.push(JSON.parse(text));
    const logger = createLogger('test', 'info', { write });
    for (let i = 0; i < 3; i++) for (const name of ['one', 'other']) logger.error(new Error(`${name} died`));
    logger.error(null);
    expect(lines.map(({ err }) => err?.message)).toEqual(['one died', 'other died', undefined]);
  });

  test('have no commands of Redis, which may carry a secret', () => {
    const lines: string[] = [];
    const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
    const refused = Object.assign(new Error('WRONGTYPE'), { command: { name: 'hset', args: ['key', 'secret-word'] } });
    logger.error({ err: Object.assign(new Error('EXECABORT'), { previousErrors: [refused] }) }, 'failed');
    expect(lines.join()).toContain('EXECABORT');
    expect(lines.join()).not.toContain('secret-word');
  });
});
