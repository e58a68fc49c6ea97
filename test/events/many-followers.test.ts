/** Many followers at once: they share reads of the stream, and do not block the event loop. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPacer } from '../../src/concurrency/event-loop-pacer.js';
import { createCoalesced } from '../../src/events/coalesced-reads.js';
import { keys } from '../../src/events/keys.js';
import { openServiceForFile } from '../support/service-for-file.js';

const FOLLOWERS = 300;
const FRAMES = 1_200;

const { service } = await openServiceForFile();

/** Makes a job with this many frames, the last one `end`. */
async function submit(): Promise<string> {
  const { id: jobId } = await service.submit('succeeds');
  const event = { type: 'step', epoch: 1, step: 1, steps: FRAMES, loss: 1, accuracy: 0, learningRate: 0.1 } as const;
  const writing = service.redis.pipeline();
  for (let seq = 2; seq < FRAMES; seq++) {
    const frame = JSON.stringify({ seq, jobId, at: '2026-01-01T00:00:00.000Z', ...event, imagesPerSecond: 1 });
    writing.xadd(keys.steps(jobId), `${seq}-0`, 'frame', frame);
  }
  await writing.hset(keys.job(jobId), 'seq', FRAMES - 1).exec();
  const end = { type: 'end', status: 'failed', error: { code: 'internal', message: 'x' } } as const;
  await service.journal.write({ jobId, from: ['queued'], to: 'failed', event: end });
  return jobId;
}

const reads = async (): Promise<number> =>
  Number(/cmdstat_xrange:calls=(\d+)/.exec(await service.redis.info('commandstats'))?.[1] ?? 0);

describe('many followers of a job with a long history', () => {
  it('get every frame in order with few reads, without blocking the event loop', async () => {
    const jobId = await submit();
    const before = await reads();
    let [inTurn, mostInTurn, isOver] = [0, 0, false];
    const turn = (): void => {
      mostInTurn = Math.max(mostInTurn, inTurn);
      inTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    turn();
    const follow = async (after: number): Promise<number[]> => {
      const seqs: number[] = [];
      for await (const frame of service.events.follow(jobId, after, AbortSignal.timeout(60_000))) {
        seqs.push('seq' in frame ? frame.seq : 0);
        inTurn += 1;
      }
      return seqs;
    };
    const followed = await Promise.all(Array.from({ length: FOLLOWERS }, (_, after) => follow(after)));
    isOver = true;
    for (const [after, seqs] of followed.entries())
      expect(seqs).toEqual(Array.from({ length: FRAMES - after }, (_, index) => after + 1 + index));
    expect((await reads()) - before).toBeLessThan(4 * FOLLOWERS); // without sharing: over ten times as many
    expect(mostInTurn).toBeLessThan(200); // without yielding: thousands
  });
});

describe('a pacer', () => {
  it('lets a fixed number through per turn of the event loop, and the rest in FIFO order', async () => {
    const pace = createPacer(2);
    const done: number[] = [];
    const work = async (number: number): Promise<void> => {
      await pace();
      done.push(number);
    };
    const all = Promise.all([1, 2, 3, 4, 5].map(work));
    await Promise.resolve();
    expect(done).toEqual([1, 2]);
    await nextTurn();
    expect(done).toEqual([1, 2, 3, 4]);
    await all;
    expect(done).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('coalesced reads', () => {
  it('return no result that was read before the call', async () => {
    const coalesced = createCoalesced<number>();
    let begun = 0;
    const ends: (() => void)[] = [];
    const read = async (): Promise<number> => {
      const number = ++begun;
      await new Promise<void>((resolve) => ends.push(resolve));
      return number;
    };
    const first = coalesced('a', read);
    const [second, third] = [coalesced('a', read), coalesced('a', read)];
    expect(begun).toBe(1);
    ends[0]?.();
    expect(await first).toBe(1);
    await expect.poll(() => begun).toBe(2);
    ends[1]?.();
    expect(await Promise.all([second, third])).toEqual([2, 2]);
  });

  it('continue after a failed read', async () => {
    const coalesced = createCoalesced<number>();
    const failing = coalesced('a', () => Promise.reject(new Error('no')));
    const next = coalesced('a', async () => 2);
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe(2);
  });
});
