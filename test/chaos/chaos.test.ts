/** Chaos test: processes are killed, frozen and cut off, and every promise is checked afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REQUESTS, runChaos } from './run.js';

test('loses and repeats no job and no frame while processes are killed, frozen and cut off', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-chaos-'));
  const seed = Date.now() % 1_000_000;
  try {
    const { counts, recoveryMs } = await runChaos({
      dataDir,
      seed,
      lockSeconds: 2,
      kinds: ['redis', 'worker', 'frozen worker', 'trainer', 'partition', 'everything'],
      requests: REQUESTS.slice(0, 1).map((request) => ({ ...request, epochs: 16 })),
    });
    expect(counts, `with the seed ${seed}`).toEqual({
      jobs: expect.any(Number),
      kills: 6,
      lost: 0,
      trainedTwice: 0,
      holes: 0,
      repeats: 0,
      eventFilesUnlike: 0,
      runsThatDiffer: 0,
      scoresUnlike: 0,
      digestsUnlike: 0,
    });
    expect([...recoveryMs.values()].flat()).toHaveLength(6);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, 180_000);
