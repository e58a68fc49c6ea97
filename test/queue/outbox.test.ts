/** Outbox: the writes of an attempt while Redis is away or out of memory. */
import { expect, test } from 'vitest';
import { positionOf } from '../../src/contracts/jobs/frame.js';
import { createOutbox } from '../../src/queue/outbox.js';
import { nextReady } from '../support/redis.js';
import { openServiceForFile } from '../support/service-for-file.js';
import { stepEvent } from '../support/step-event.js';

const { server, service } = await openServiceForFile();

const epochEvent = (epoch: number) =>
  ({
    type: 'epoch',
    epoch,
    epochs: 12,
    trainLoss: 1,
    trainAccuracy: 0,
    testLoss: 1,
    testAccuracy: 0,
    seconds: 1,
    imagesPerSecond: 1,
  }) as const;

const CAPACITY = 1_000;
const STEPS = 1_200;
/** Steps after which an epoch ends. */
const EPOCH_STEPS = 100;

test('buffers a limited number of frames and writes a gap for dropped steps; no epoch and no number is missing', async () => {
  const { id: jobId } = await service.submit('succeeds');
  const from = ['running'] as const;
  const running = { type: 'status', status: 'running', attempt: 1 } as const;
  await service.journal.write({ jobId, from: ['queued'], to: 'running', event: running, patch: { attempt: 1 } });
  const { signal } = new AbortController();
  const outbox = createOutbox({
    journal: service.journal,
    term: { jobId, attempt: 1, term: 1 },
    signal,
    logger: service.logger,
    onAnswer: () => undefined,
    capacity: CAPACITY,
  });
  const back = nextReady(service.redis);
  await server.kill();
  for (let step = 1; step <= STEPS; step++) {
    outbox.push({ from, event: stepEvent(step) });
    if (step % EPOCH_STEPS === 0) outbox.push({ from, event: epochEvent(step / EPOCH_STEPS) });
  }
  await server.start();
  await back;
  expect(await outbox.flush()).toBeUndefined();

  const frames = await service.events.list(jobId, 2, 2 * CAPACITY);
  expect(frames.map(positionOf)).toEqual(frames.map((_, index) => index + 3));
  expect(frames.filter(({ type }) => type === 'epoch')).toHaveLength(12);
  const steps = frames.flatMap((frame) => (frame.type === 'step' ? [frame.step] : []));
  const gaps = frames.filter((frame) => frame.type === 'gap');
  // The first write was on its way when Redis was killed. One gap stands for all other missing steps.
  expect(gaps).toMatchObject([{ epoch: 1, step: expect.any(Number), steps: 99_999 }]);
  const lost = (gaps[0] as { step: number }).step;
  expect(frames.length).toBeLessThanOrEqual(CAPACITY + 2);
  expect(steps).toEqual([1, ...Array.from({ length: STEPS - lost }, (_, index) => lost + 1 + index)]);
}, 60_000);

test('writes a gap for steps that it dropped because Redis is out of memory', async () => {
  const { id: jobId } = await service.submit('succeeds');
  const outbox = createOutbox({
    journal: service.journal,
    term: { jobId, attempt: 0, term: 0 },
    signal: new AbortController().signal,
    logger: service.logger,
    onAnswer: () => undefined,
  });
  await service.redis.config('SET', 'maxmemory', '1');
  const from = ['queued'] as const;
  for (let step = 1; step <= 5; step++) outbox.push({ from, event: stepEvent(step) });
  outbox.push({ from, event: epochEvent(1) });
  for (let step = 6; step <= 8; step++) outbox.push({ from, event: { ...stepEvent(step), epoch: 2 } });
  expect(await outbox.flush()).toBeUndefined();
  await service.redis.config('SET', 'maxmemory', '0');

  const frames = await service.events.list(jobId, 1, 100);
  expect(frames).toMatchObject([
    { type: 'gap', seq: 2, epoch: 1, step: 5 },
    { type: 'epoch', seq: 3, epoch: 1 },
    { type: 'gap', seq: 4, epoch: 2, step: 8 },
  ]);
  expect((await service.jobs.get(jobId)).progress).toMatchObject({ epoch: 2, step: 8 });
}, 60_000);

test('stops at the first answer that another attempt is the current one', async () => {
  const { id: jobId } = await service.submit('succeeds');
  const answers: string[] = [];
  const outbox = createOutbox({
    journal: service.journal,
    term: { jobId, attempt: 1, term: 1 },
    signal: new AbortController().signal,
    logger: service.logger,
    onAnswer: ({ outcome }) => answers.push(outcome),
  });
  for (let step = 1; step <= 3; step++) outbox.push({ from: ['running'], event: stepEvent(step) });
  expect(await outbox.flush()).toMatchObject({ outcome: 'fenced', attempt: 0 });
  outbox.push({ from: ['running'], event: stepEvent(4) });
  expect(answers).toEqual(['fenced']);
});

test('gives up when its signal is aborted', async () => {
  const { id: jobId } = await service.submit('succeeds');
  const giveUp = new AbortController();
  const outbox = createOutbox({
    journal: service.journal,
    term: { jobId, attempt: 0, term: 0 },
    signal: giveUp.signal,
    logger: service.logger,
    onAnswer: () => undefined,
  });
  const back = nextReady(service.redis);
  await server.kill();
  outbox.push({ from: ['queued'], event: stepEvent(1) });
  const flushed = outbox.flush();
  giveUp.abort();
  await expect(flushed).rejects.toThrow(/aborted/);
  await server.start();
  await back;
});
