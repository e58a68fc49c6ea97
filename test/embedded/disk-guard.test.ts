/** The guard of the disk: what it has to switch is switched, also if no server is there at that moment. */
import { expect, test, vi } from 'vitest';
import { createDiskGuard } from '../../src/embedded/disk-guard.js';
import { captureLog } from '../support/capture-log.js';

test('space that comes back while the server is being started opens it once it is there', async () => {
  let freeBytes = 0;
  const space = async () => ({ freeBytes, reserveBytes: 100 });
  const guard = createDiskGuard({ folder: '', logger: captureLog().logger, space });
  expect(await guard.currentSettings()).toContain('maxmemory 1');

  const closing = new AbortController();
  let isThere = false;
  const asked: string[] = [];
  const applied: string[] = [];
  const watching = guard.watch(async (settings) => {
    asked.push(...settings);
    if (isThere) applied.push(...settings);
    return isThere;
  }, closing.signal);
  freeBytes = 1_000;
  await vi.waitUntil(() => asked.length > 0, { timeout: 30_000 });
  isThere = true;
  await vi.waitUntil(() => applied.length > 0, { timeout: 30_000 });
  closing.abort();
  await watching;
  expect(applied).toEqual(['appendfsync always', 'maxmemory 0']);
});
