/** Followers of all jobs without their history. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamMessage } from '../../src/contracts/jobs/stream-message.js';
import { type FollowSince, keys } from '../../src/events/index.js';
import { nextReady } from '../support/redis.js';
import { specOf } from '../support/running-service.js';
import { openServiceForFile } from '../support/service-for-file.js';
import { stepEvent } from '../support/step-event.js';

const { server, service } = await openServiceForFile();

const submit = async (): Promise<string> => (await service.jobs.submit(specOf('succeeds'))).id;
const start = (jobId: string) =>
  service.journal.write({
    jobId,
    from: ['queued'],
    to: 'running',
    event: { type: 'status', status: 'running', attempt: 1 },
  });
const step = (jobId: string, number: number) =>
  service.journal.write({ jobId, from: ['running'], event: stepEvent(number) });
const end = (jobId: string) =>
  service.journal.write({ jobId, from: ['running'], to: 'succeeded', event: { type: 'end', status: 'succeeded' } });

/** Follows all jobs. `first` is the first cursor; `until` resolves with the messages once they fit. */
async function follow(options: FollowSince = { since: 'now' }) {
  const stop = new AbortController();
  const seen: StreamMessage[] = [];
  const following = (async () => {
    for await (const message of service.events.followSince(options, stop.signal)) seen.push(message);
  })();
  await expect.poll(() => seen.some(({ type }) => type === 'cursor')).toBe(true);
  return {
    seen,
    seqs: (jobId: string) => seen.flatMap((m) => ('seq' in m && m.jobId === jobId ? [m.seq] : [])),
    lastCursor: () => Number(seen.findLast((m) => m.type === 'cursor')?.cursor),
    async stop() {
      stop.abort();
      await following;
    },
  };
}
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a follower from now on', () => {
  test('gets a cursor first, then new frames of old jobs and all frames of new jobs', async () => {
    const old = await submit();
    await start(old);
    const follower = await follow();
    expect(follower.seen.map(({ type }) => type)).toEqual(['cursor']);
    await step(old, 1);
    const young = await submit();
    await start(young);
    await step(young, 1);
    await end(young);
    await expect.poll(() => follower.seqs(young)).toEqual([1, 2, 3, 4]);
    expect(follower.seqs(old)).toEqual([3]);
    await follower.stop();
  });

  test('reads no stream, however many jobs there are', async () => {
    await Promise.all(Array.from({ length: 50 }, submit));
    await service.redis.config('RESETSTAT');
    const follower = await follow();
    expect(follower.lastCursor()).toBe(Number(await service.redis.get(keys.messages)));
    expect(await service.redis.info('commandstats')).not.toMatch(/cmdstat_x(rev)?range/);
    await follower.stop();
  });

  test('misses nothing if it is slow', async () => {
    const [one, two] = [await submit(), await submit()];
    await Promise.all([start(one), start(two)]);
    const seen: StreamMessage[] = [];
    for await (const message of service.events.followSince({ since: 'now' }, AbortSignal.timeout(20_000))) {
      if (message.type === 'cursor') {
        if (seen.length > 0) continue;
        await step(one, 1);
        await Promise.all(numbers(1, 600).map((number) => step(two, number)));
        await end(two);
        await Promise.all(numbers(2, 300).map((number) => step(one, number)));
        await end(one);
        continue;
      }
      seen.push(message);
      if (seen.filter(({ type }) => type === 'end').length === 2) break;
    }
    const of = (id: string) => seen.flatMap((m) => ('seq' in m && m.jobId === id ? [m.seq] : []));
    expect(of(one)).toEqual(numbers(3, 303));
    expect(of(two)).toEqual(numbers(3, 603));
  });

  test('gets only the types it chose, and one step frame in `stepMs`', async () => {
    const id = await submit();
    const chosen = await follow({ since: 'now', types: new Set(['status', 'end']) });
    const thinned = await follow({ since: 'now', stepMs: 60_000 });
    await start(id);
    for (const number of numbers(1, 20)) await step(id, number);
    await end(id);
    await expect.poll(() => chosen.seqs(id)).toEqual([2, 23]);
    await expect.poll(() => thinned.seqs(id)).toEqual([2, 3, 23]);
    await Promise.all([chosen.stop(), thinned.stop()]);
  });
});

describe('a follower that continues from a cursor', () => {
  test('gets each frame after it, of running, new and ended jobs', async () => {
    const running = await submit();
    await start(running);
    await step(running, 1);
    const first = await follow();
    const since = first.lastCursor();
    await first.stop();
    await step(running, 2);
    const young = await submit();
    await start(young);
    await end(young);
    await end(running);
    const second = await follow({ since });
    expect([second.seqs(running), second.seqs(young)]).toEqual([
      [4, 5],
      [1, 2, 3],
    ]);
    await second.stop();
  });

  test('gets an error if Redis has lost messages', async () => {
    const iterator = service.events.followSince({ since: 10 ** 12 }, AbortSignal.timeout(20_000));
    await expect(iterator.next()).rejects.toMatchObject({ code: 'stream_ahead' });
  });

  test('finds the place of any cursor in a long stream', async () => {
    const id = await submit();
    const from = Number(await service.redis.get(keys.messages));
    await start(id);
    for (const number of numbers(1, 40)) await step(id, number);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 41 }), async (back) => {
        const follower = await follow({ since: from + 41 - back });
        expect(follower.seqs(id)).toEqual(numbers(43 - back, 42));
        await follower.stop();
      }),
      { numRuns: 15 },
    );
  });

  test('misses and repeats nothing after any interruptions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }), async (pieces) => {
        const ids = [await submit(), await submit()];
        let since = Number(await service.redis.get(keys.messages));
        const writing = Promise.all(
          ids.map(async (id) => {
            await start(id);
            for (const number of numbers(1, 12)) await step(id, number);
            await end(id);
          }),
        );
        const seen = new Map<string, number[]>(ids.map((id) => [id, []]));
        const sinceCursor = new Map<string, number>();
        for (const piece of [...pieces, Number.POSITIVE_INFINITY]) {
          let taken = 0;
          for await (const message of service.events.followSince({ since }, AbortSignal.timeout(20_000))) {
            if (message.type === 'cursor') {
              since = Number(message.cursor);
              sinceCursor.clear();
            }
            if (!('seq' in message) || message.seq === undefined) continue;
            if (message.seq > (sinceCursor.get(message.jobId) ?? 0)) {
              seen.get(message.jobId)?.push(message.seq);
              sinceCursor.set(message.jobId, message.seq);
            }
            if (++taken >= piece || ids.every((id) => seen.get(id)?.at(-1) === 15)) break;
          }
        }
        await writing;
        for (const id of ids) expect(seen.get(id)).toEqual(numbers(2, 15));
      }),
      { numRuns: 15 },
    );
  });
});

test('a follower continues when Redis is back, with the frames written meanwhile', async () => {
  const id = await submit();
  await start(id);
  const follower = await follow();
  await step(id, 1);
  await expect.poll(() => follower.seqs(id)).toEqual([3]);
  const back = Promise.all([nextReady(service.redis), nextReady(service.subscriber)]);
  await server.kill();
  await server.start();
  await back;
  const young = await submit();
  await step(id, 2);
  await end(id);
  await expect.poll(() => follower.seqs(id), { timeout: 20_000 }).toEqual([3, 4, 5]);
  await expect.poll(() => follower.seqs(young)).toEqual([1]);
  await follower.stop();
});

test('leaves no subscription behind', async () => {
  const follower = await follow();
  await follower.stop();
  await expect.poll(() => service.redis.pubsub('NUMPAT')).toBe(0);
});

describe('a follower with history', () => {
  test('gets all frames of the jobs that had not ended at its first cursor, then a cursor, then new frames', async () => {
    const [ended, open] = [await submit(), await submit()];
    for (const id of [ended, open]) {
      await start(id);
      await step(id, 1);
    }
    await end(ended);
    const follower = await follow({ since: 'now', history: true });
    await expect.poll(() => follower.seen.filter(({ type }) => type === 'cursor').length).toBe(2);
    expect(follower.seen[0]?.type).toBe('cursor');
    expect(follower.seqs(open)).toEqual([1, 2, 3]);
    expect(follower.seqs(ended)).toEqual([]);
    await step(open, 2);
    await expect.poll(() => follower.seqs(open)).toEqual([1, 2, 3, 4]);
    await follower.stop();
  });

  test('gets the whole history again from its first cursor, also of jobs that ended since', async () => {
    const [open, endsSince, edited] = [await submit(), await submit(), await submit()];
    for (const id of [open, endsSince, edited]) await start(id);
    await end(edited);
    const first = await follow();
    const cursor = first.lastCursor();
    await first.stop();
    await end(endsSince);
    await service.jobs.change(edited, { notes: 'read again' });
    const young = await submit();
    const follower = await follow({ since: cursor, history: true });
    expect(follower.seqs(open)).toEqual([1, 2]);
    expect(follower.seqs(endsSince)).toEqual([1, 2, 3]);
    expect(follower.seqs(young)).toEqual([1]);
    expect(follower.seqs(edited)).toEqual([]);
    await follower.stop();
  });
});
