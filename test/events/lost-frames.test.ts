/** Frames that were removed by the limit, lost with Redis, or deleted. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EpochEvent, positionOf, type StepEvent, type StreamFrame } from '../../src/contracts/jobs/frame.js';
import { createEventReader, createJournal, keys } from '../../src/events/index.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { isStep, openService, type Service, specOf } from '../support/running-service.js';

const MAX_STEP_FRAMES = 10;

let server: TestRedis;
let service: Service;
let journal: ReturnType<typeof createJournal>;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  journal = createJournal(service.redis, { stepFrames: MAX_STEP_FRAMES });
});
afterAll(async () => {
  await service.close();
  await server.close();
});

const step = (number: number): StepEvent => ({
  type: 'step',
  epoch: 1,
  step: number,
  steps: 9_999,
  loss: 1,
  accuracy: 0,
  learningRate: 0.1,
  imagesPerSecond: 1,
});
const epoch: EpochEvent = {
  type: 'epoch',
  epoch: 1,
  epochs: 9,
  trainLoss: 1,
  trainAccuracy: 0,
  testLoss: 1,
  testAccuracy: 0,
  seconds: 1,
  imagesPerSecond: 1,
};
async function runningJob(): Promise<string> {
  const { id } = await service.jobs.submit(specOf('succeeds'));
  const event = { type: 'status', status: 'running', attempt: 1 } as const;
  await journal.write({ jobId: id, from: ['queued'], to: 'running', event });
  return id;
}
const write = (jobId: string, event: StepEvent | EpochEvent) => journal.write({ jobId, from: ['running'], event });
const end = (jobId: string) =>
  journal.write({ jobId, from: ['running'], to: 'succeeded', event: { type: 'end', status: 'succeeded' } });
async function collect(jobId: string, after = 0, events = service.events): Promise<StreamFrame[]> {
  const frames: StreamFrame[] = [];
  for await (const frame of events.follow(jobId, after, AbortSignal.timeout(20_000))) frames.push(frame);
  return frames;
}

describe('removed step frames', () => {
  test('are the oldest, and each run of them becomes a gap frame', async () => {
    const id = await runningJob(); // frames 1 and 2
    for (let number = 3; number <= 6; number++) await write(id, step(number));
    await write(id, epoch); // 7
    for (let number = 8; number <= 20; number++) await write(id, step(number));
    await end(id); // 21
    const frames = await collect(id);
    expect(frames.map((frame) => (frame.type === 'gap' ? [frame.from, frame.to] : frame.seq))).toEqual([
      ...[1, 2, [3, 6], 7, [8, 10]],
      ...[11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21],
    ]);
    expect(frames[2]).toEqual({ type: 'gap', jobId: id, from: 3, to: 6 });
    expect(await service.events.list(id, 0, 1_000)).toEqual(frames);
  });

  test('never hide another frame: each number comes once, as a frame or in a gap', async () => {
    const written = fc.array(fc.constantFrom('step', 'step', 'step', 'epoch'), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(written, fc.nat({ max: 62 }), fc.integer({ min: 1, max: 7 }), async (types, wanted, limit) => {
        const id = await runningJob();
        for (const [index, type] of types.entries()) await write(id, type === 'step' ? step(index + 1) : epoch);
        await end(id);
        const last = types.length + 3;
        const after = Math.min(wanted, last);
        const frames = await collect(id, after);
        let position = after;
        for (const frame of frames) {
          expect(frame.type === 'gap' ? frame.from : frame.seq).toBe(position + 1);
          position = positionOf(frame);
        }
        expect(position).toBe(last);
        const written = types.map((type, index) => ({ type, seq: index + 3 }));
        const steps = written.filter(({ type }) => type === 'step').slice(-MAX_STEP_FRAMES);
        const expected = [...written.filter(({ type }) => type === 'epoch'), ...steps].map(({ seq }) => seq);
        const shown = frames.filter(({ type }) => type === 'step' || type === 'epoch').map(positionOf);
        expect(shown).toEqual(expected.filter((seq) => seq > after).sort((a, b) => a - b));
        // Pages contain the same.
        const paged: StreamFrame[] = [];
        for (let next = after; next < last; next = positionOf(paged.at(-1) as StreamFrame)) {
          paged.push(...(await service.events.list(id, next, limit)));
        }
        expect(paged).toEqual(frames);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a follower of a deleted stream', () => {
  const deletions = {
    'with its job': async (id: string) => service.redis.del(keys.events(id), keys.steps(id), keys.job(id)),
    'without its job': async (id: string) => service.redis.del(keys.events(id), keys.steps(id)),
  };
  test.each(Object.entries(deletions))('%s gets an error, although nothing is written any more', async (_, remove) => {
    const id = await runningJob();
    await write(id, step(1));
    const events = createEventReader(service.redis, service.subscriber, { checkMs: 50 });
    const following = collect(id, 0, events);
    await service.frame(id, isStep);
    await remove(id);
    await expect(following).rejects.toMatchObject({ code: 'stream_gone', message: expect.stringContaining(id) });
  });

  test('gets the error at once if it comes later', async () => {
    const id = await runningJob();
    await end(id);
    await service.redis.del(keys.events(id), keys.steps(id));
    await expect(collect(id)).rejects.toMatchObject({ code: 'stream_gone' });
  });
});

test('ends with an error if Redis returns with fewer frames than the follower has seen', async () => {
  const id = await runningJob();
  for (let number = 3; number <= 5; number++) await write(id, step(number));
  const following = collect(id, 5);
  // A Redis without sync forgets the newest frames and their count in the record.
  await service.redis.xdel(keys.steps(id), '5-0');
  await service.redis.hset(keys.job(id), 'seq', 4);
  service.subscriber.disconnect(true);
  await expect(following).rejects.toMatchObject({
    code: 'stream_ahead',
    message: expect.stringMatching(/ends at 4, before 5/),
  });
});

test('ends with an error if frames that the follower has seen were replaced by others', async () => {
  const id = await runningJob();
  for (let number = 3; number <= 5; number++) await write(id, step(number));
  const seen: number[] = [];
  const following = async (): Promise<void> => {
    for await (const frame of service.events.follow(id, 0, AbortSignal.timeout(20_000))) {
      seen.push(positionOf(frame));
      if (positionOf(frame) !== 5) continue;
      service.subscriber.disconnect();
      await service.redis.del(keys.steps(id));
      await service.redis.hset(keys.job(id), 'seq', 2);
      for (let number = 13; number <= 19; number++) await write(id, step(number));
      await service.subscriber.connect();
    }
  };
  const message = expect.stringMatching(/Frame 5 .* others were written/);
  await expect(following()).rejects.toMatchObject({ code: 'stream_ahead', message });
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});
