/** Supervised processes: start, restart after a crash, and stop with all their child processes. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/logging/logger.js';
import { type Service, startService } from '../../src/processes/service-process.js';

const entry = new URL('../fixtures/service.js', import.meta.url);
const logger = createLogger('test', 'silent');
const started: Service[] = [];

afterEach(async () => {
  for (const service of started.splice(0)) await service.close(100);
});

async function start(does: string, signal = new AbortController().signal): Promise<Service> {
  const service = await startService({
    name: 'sample',
    entry,
    env: { ...process.env, SERVICE_DOES: does },
    logger,
    signal,
  });
  started.push(service);
  return service;
}

const isAlive = (pid: unknown): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

describe('a supervised process', () => {
  test('resolves with its ready message', async () => {
    const service = await start('serve');
    expect(service.ready).toMatchObject({ type: 'ready', address: `pid ${service.pid()}` });
  });

  test('rejects if it exits before it is ready', async () => {
    await expect(start('fail')).rejects.toThrow('The sample process ended with exit code 3 before it was ready');
  });

  test('is stopped if its start is aborted', async () => {
    const giveUp = new AbortController();
    const starting = start('never-ready', giveUp.signal);
    setImmediate(() => giveUp.abort());
    await expect(starting).rejects.toThrow('before it was ready');
  });

  test('restarts when it is killed, and its old child processes are gone', async () => {
    const service = await start('serve');
    const first = service.pid();
    process.kill(Number(first), 'SIGKILL');
    await vi.waitUntil(() => service.pid() !== first && isAlive(service.pid()), { timeout: 10_000 });
    await vi.waitUntil(() => !isAlive(service.ready['helper']), { timeout: 5_000 });
  });

  test('stops on request', async () => {
    const service = await start('serve');
    const pid = service.pid();
    await service.close(10_000);
    expect(isAlive(pid)).toBe(false);
  });

  test('is killed with all its child processes if it does not stop in time', async () => {
    const service = await start('hang');
    const pid = service.pid();
    await service.close(100);
    expect(isAlive(pid)).toBe(false);
    await vi.waitUntil(() => !isAlive(service.ready['helper']), { timeout: 5_000 });
  });
});
