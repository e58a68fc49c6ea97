/** Frames of a job that nobody trained, written into the embedded Redis of a service. */
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { keys } from '../../src/events/keys.js';

/** Frames that are written in one round trip. */
const CHUNK = 5_000;

/** Appends `count` step frames behind the frames of an ended job. Its stream is no longer followed. */
export async function storeSteps(dataDir: string, jobId: string, count: number): Promise<void> {
  const redis = new Redis({ path: join(dataDir, 'redis', 'valkey.sock') });
  try {
    const before = Number(await redis.hget(keys.job(jobId), 'seq'));
    for (let written = 0; written < count; written += CHUNK) {
      const writing = redis.pipeline();
      for (let step = written + 1; step <= Math.min(count, written + CHUNK); step++)
        writing.xadd(
          keys.steps(jobId),
          `${before + step}-0`,
          'frame',
          frameText(jobId, before + step, step, count),
          'number',
          step,
        );
      await writing.exec();
    }
    await redis.hset(keys.job(jobId), 'seq', before + count);
  } finally {
    redis.disconnect();
  }
}

function frameText(jobId: string, seq: number, step: number, steps: number): string {
  const loss = 1 / Math.sqrt(step) + (step % 13) / 100;
  const values = { loss, accuracy: 1 - loss / 2, learningRate: 0.1, imagesPerSecond: 1_000 + (step % 97) };
  const at = new Date(Date.UTC(2026, 0, 1) + 10 * step).toISOString();
  return JSON.stringify({ seq, jobId, at, type: 'step', epoch: 1, step, steps, ...values });
}
