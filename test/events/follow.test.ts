/** Followers of a job's stream: no frame is missing or repeated. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Frame, positionOf } from '../../src/contracts/jobs/frame.js';
import { nextReady } from '../support/redis.js';
import { numbered, specOf } from '../support/running-service.js';
import { openServiceForFile } from '../support/service-for-file.js';
import { stepEvent } from '../support/step-event.js';

const { server, service } = await openServiceForFile();
let jobId: string;
beforeEach(async () => {
  ({ id: jobId } = await service.jobs.submit(specOf('succeeds')));
  await service.journal.write({
    jobId,
    from: ['queued'],
    to: 'running',
    event: { type: 'status', status: 'running', attempt: 1 },
  });
});

const writeSteps = async (count: number): Promise<void> => {
  for (let step = 1; step <= count; step++)
    await service.journal.write({ jobId, from: ['running'], event: stepEvent(step) });
};
const end = () =>
  service.journal.write({ jobId, from: ['running'], to: 'succeeded', event: { type: 'end', status: 'succeeded' } });

async function collect(after = 0, signal = AbortSignal.timeout(20_000)): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of service.events.follow(jobId, after, signal)) frames.push(numbered(frame));
  return frames;
}
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const seqs = (frames: readonly Frame[]): number[] => frames.map(({ seq }) => seq);

describe('a follower of a job', () => {
  test('gets stored frames, then new ones, and ends after the end frame', async () => {
    await writeSteps(3);
    const following = collect();
    await writeSteps(3);
    await end();
    const frames = await following;
    expect(seqs(frames)).toEqual(numbers(1, 9));
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded', jobId });
  });

  test('gets the same frames as a second follower, and as one that comes after the end', async () => {
    const early = [collect(), collect()];
    await writeSteps(20);
    await end();
    const [first, second] = await Promise.all(early);
    expect(seqs(first ?? [])).toEqual(numbers(1, 23));
    expect(second).toEqual(first);
    expect(await collect()).toEqual(first);
  });

  test('starts after the given number', async () => {
    await writeSteps(3);
    await end();
    expect(seqs(await collect(4))).toEqual([5, 6]);
  });

  test('ends at once if it has seen the end', async () => {
    await end();
    expect(await collect(3)).toEqual([]);
  });

  test('gets an error if it is ahead of the stream, whether the job has ended or not', async () => {
    const refusal = { code: 'stream_ahead', message: expect.stringMatching(/ends at 2, before 3/) };
    await expect(collect(3)).rejects.toMatchObject(refusal);
    await end();
    await expect(collect(4)).rejects.toMatchObject({ code: 'stream_ahead' });
  });

  test('gets a long history in pages', async () => {
    await Promise.all(
      numbers(1, 1_300).map((step) => service.journal.write({ jobId, from: ['running'], event: stepEvent(step) })),
    );
    await end();
    expect(seqs(await collect())).toEqual(numbers(1, 1_303));
  });

  test('misses nothing if it is slow: it reads from the stream what did not fit into its inbox', async () => {
    const seen: number[] = [];
    for await (const frame of service.events.follow(jobId, 0, AbortSignal.timeout(20_000))) {
      seen.push(positionOf(frame));
      if (positionOf(frame) === 2) {
        await Promise.all(
          numbers(1, 600).map((step) => service.journal.write({ jobId, from: ['running'], event: stepEvent(step) })),
        );
        await end();
      }
    }
    expect(seen).toEqual(numbers(1, 603));
  });

  test('of all jobs gets a job that came and ended while its inbox was full', async () => {
    const { id: other } = await service.jobs.submit(specOf('succeeds'));
    const after = new Map([[jobId, 2]]);
    const seen: Frame[] = [];
    let unseen: string | undefined;
    for await (const frame of service.events.followMany({ after }, AbortSignal.timeout(20_000))) {
      seen.push(numbered(frame));
      if (frame.jobId === unseen && frame.type === 'end') break;
      if (frame.jobId !== other || unseen !== undefined) continue;
      await writeSteps(300);
      ({ id: unseen } = await service.jobs.submit(specOf('succeeds')));
      await service.jobs.cancel(unseen);
    }
    expect(seqs(seen.filter((frame) => frame.jobId === unseen))).toEqual([1, 2]);
    expect(seqs(seen.filter((frame) => frame.jobId === jobId))).toEqual(numbers(3, 302));
  });

  test('stops when its signal is aborted', async () => {
    const stop = new AbortController();
    const following = collect(0, stop.signal);
    await service.frame(jobId, ({ seq }) => seq === 2);
    stop.abort();
    expect((await following).length).toBeLessThanOrEqual(2);
  });

  test('leaves no subscription behind', async () => {
    await end();
    await collect();
    // The unsubscription uses another connection than this query.
    await expect.poll(() => service.redis.pubsub('CHANNELS', 'trainyard:frames:*')).toEqual([]);
  });

  test('misses and repeats nothing after any interruptions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }), async (pieces) => {
        ({ id: jobId } = await service.jobs.submit(specOf('succeeds')));
        await service.journal.write({
          jobId,
          from: ['queued'],
          to: 'running',
          event: { type: 'status', status: 'running', attempt: 1 },
        });
        const writing = writeSteps(25).then(end);
        const seen: number[] = [];
        for (const piece of [...pieces, Number.POSITIVE_INFINITY]) {
          let taken = 0;
          for await (const frame of service.events.follow(jobId, seen.at(-1) ?? 0, AbortSignal.timeout(20_000))) {
            seen.push(positionOf(frame));
            if (++taken >= piece) break;
          }
        }
        await writing;
        expect(seen).toEqual(numbers(1, 28));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a follower while Redis is away', () => {
  test('continues at its position when Redis is back, with the frames written meanwhile', async () => {
    await writeSteps(2);
    const seen: number[] = [];
    const following = (async () => {
      for await (const frame of service.events.follow(jobId, 0, AbortSignal.timeout(30_000)))
        seen.push(positionOf(frame));
    })();
    await service.frame(jobId, ({ seq }) => seq === 4);
    const back = Promise.all([nextReady(service.redis), nextReady(service.subscriber)]);
    await server.kill();
    await server.start();
    await back;
    await writeSteps(5);
    await end();
    await following;
    expect(seen).toEqual(numbers(1, 10));
  });
});
