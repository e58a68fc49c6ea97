/** Helper processes: when one dies, only its own pending commands are rejected. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHelperProcess } from '../../src/processes/helper-process.js';
import { captureLog } from '../support/capture-log.js';

let helper: ReturnType<typeof createHelperProcess<string, number>>;
let log: ReturnType<typeof captureLog>;
beforeEach(() => {
  log = captureLog();
  const url = new URL('../fixtures/helper.js', import.meta.url);
  helper = createHelperProcess({ name: 'helper', url, logger: log.logger, timeoutMs: 60_000 });
});
afterEach(() => helper.close());

it('rejects pending commands of a process that died, and serves those of the next process', async () => {
  const first = await helper.run('pid');
  const lost = helper.run('leave').catch((error: unknown) => error);
  const { line } = await log.line('helper output');
  // The process has ended, but its output has not: another process has inherited it.
  await expect.poll(() => isAlive(first), { timeout: 30_000 }).toBe(false);
  const next = await helper.run('pid');
  const kept = helper.run('silence').catch((error: unknown) => error);
  process.kill(Number(String(line).replace('left ', '')), 'SIGKILL');
  expect(await lost).toMatchObject({ code: 'unavailable' });
  expect(await log.line('helper ended')).toMatchObject({ commands: 1, output: [line] });
  expect(await Promise.race([kept, helper.run('pid')])).toBe(next);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
