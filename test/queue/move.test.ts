/** Moves within the queue: exact order beside any queued job, kept through restarts, pauses, workers and losses of BullMQ's keys. */
import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/contracts/jobs/job.js';
import type { JobMove } from '../../src/contracts/jobs/job-move.js';
import { keys } from '../../src/events/index.js';
import { type Service, specOf } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

let service: Service;

openServiceForEachTest((opened) => {
  service = opened;
});

const submit = async (priority = 0): Promise<string> =>
  (await service.jobs.submit(specOf('succeeds'), { priority })).id;
/** Submits a job for each priority. Returns their ids. */
async function submitted<const Priorities extends readonly number[]>(...priorities: Priorities) {
  const ids: string[] = [];
  for (const priority of priorities) ids.push(await submit(priority));
  return ids as { [Index in keyof Priorities]: string };
}
const move = (id: string, target: JobMove): Promise<Job> => service.jobs.move(id, target);

/** Returns the ids of the queued jobs in the order of the API. */
async function listed(): Promise<string[]> {
  const { jobs } = await service.jobs.list({ status: 'queued', sort: 'position', limit: 100 });
  expect(jobs.map(({ position }) => position)).toEqual(jobs.map((_, index) => index + 1));
  return jobs.map(({ id }) => id);
}

/** Returns the ids in the order in which BullMQ gives them to workers. */
const taken = (): Promise<string[]> => service.redis.zrange('trainyard:turns:prioritized', '0', '-1');

/** Numbers from 0 up to a limit, always the same: multiplicative congruential generator of Park and Miller. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 16_807) % 2_147_483_647;
    return state % limit;
  };
}

describe('a moved job', () => {
  test('is directly before or after the named job, and the others keep their order', async () => {
    const [a, b, c, d] = await submitted(0, 0, 0, 0);
    expect(await move(d, { before: b })).toMatchObject({ id: d, position: 2, priority: 0, changes: [] });
    expect(await listed()).toEqual([a, d, b, c]);
    expect(await move(a, { after: c })).toMatchObject({ position: 4 });
    expect(await listed()).toEqual([d, b, c, a]);
    expect(await move(c, { to: 'top' })).toMatchObject({ position: 1 });
    expect(await listed()).toEqual([c, d, b, a]);
    expect(await taken()).toEqual(await listed());
  });

  test('takes the priority of the job beside it, as a change with a frame', async () => {
    const [low, high, higher] = await submitted(0, 5, 5);
    const moved = await move(low, { before: higher });
    expect(moved).toMatchObject({
      ...{ priority: 5, position: 2 },
      changes: [{ number: 1, from: { priority: 0 }, to: { priority: 5 } }],
    });
    expect(await listed()).toEqual([high, low, higher]);
    expect(await service.events.list(low, 1, 10)).toMatchObject([
      { type: 'change', from: { priority: 0 }, to: { priority: 5 } },
    ]);
    expect(await taken()).toEqual(await listed());
  });

  test('stays as it is if it is there already', async () => {
    const [high, first, second] = await submitted(3, 0, 0);
    for (const [id, target] of [
      [high, { to: 'top' }],
      [high, { before: first }],
      [first, { after: high }],
      [second, { after: first }],
    ] as const)
      expect(await move(id, target)).toMatchObject({ changes: [] });
    expect(await listed()).toEqual([high, first, second]);
  });

  test('is ahead of jobs that are submitted later, also after the last job', async () => {
    const [first, last] = await submitted(0, 0);
    await move(first, { after: last });
    const later = await submit();
    expect(await listed()).toEqual([last, first, later]);
    expect(await taken()).toEqual(await listed());
  });

  test('keeps its place while it is paused', async () => {
    const [a, b, c] = await submitted(0, 0, 0);
    await move(c, { before: a });
    await service.pauses.pause(c);
    await move(b, { before: a });
    await service.pauses.resume(c);
    expect(await listed()).toEqual([c, b, a]);
    expect(await taken()).toEqual(await listed());
  });

  test('may take the place of a paused job, which then returns directly behind it', async () => {
    const [a, paused, c, high] = await submitted(0, 0, 0, 9);
    await service.pauses.pause(paused);
    await move(high, { before: c });
    await service.pauses.resume(paused);
    expect(await listed()).toEqual([a, high, paused, c]);
    await service.jobs.restoreEntries();
    expect(await taken()).toEqual(await listed());
  });

  test('is trained in its new order', async () => {
    const [a, b, c] = await submitted(0, 0, 0);
    await move(c, { before: a });
    await service.work();
    for (const id of [a, b, c]) await service.history(id);
    const jobs = await Promise.all([a, b, c].map((id) => service.jobs.get(id)));
    const begun = jobs.toSorted((x, y) => ((x.startedAt ?? '') < (y.startedAt ?? '') ? -1 : 1)).map(({ id }) => id);
    expect(begun).toEqual([c, a, b]);
  });

  test('is announced to followers of all jobs', async () => {
    const [a, b] = await submitted(0, 0);
    const abort = new AbortController();
    const messages = service.events.followSince({ since: 'now', stepMs: undefined }, abort.signal);
    await messages.next();
    await move(b, { before: a });
    for await (const message of messages) {
      if (message.type !== 'notice') continue;
      expect(message).toMatchObject({ event: 'edited', jobId: b });
      break;
    }
    abort.abort();
  });
});

describe('a hundred random moves', () => {
  test('leave the order of a list to which they were applied too, in the API and in BullMQ', async () => {
    const next = numbers(7);
    const priorities = [0, 0, 5, 0, -3, 5, 0, 0, -3, 0];
    const ids: readonly string[] = await submitted(...priorities);
    const expected = await listed();
    for (let round = 0; round < 100; round++) {
      const id = ids[next(ids.length)] ?? '';
      const others = expected.filter((each) => each !== id);
      const other = others[next(others.length)] ?? '';
      const side = (['before', 'after', 'top'] as const)[next(3)] ?? 'top';
      await move(id, side === 'top' ? { to: 'top' } : { [side]: other });
      const at = side === 'top' ? 0 : others.indexOf(other) + (side === 'after' ? 1 : 0);
      expected.splice(0, expected.length, ...others.toSpliced(at, 0, id));
      expect(await listed()).toEqual(expected);
      expect(await taken()).toEqual(expected);
      const scores = await service.redis.zrange(keys.queue, '0', '-1', 'WITHSCORES');
      expect(new Set(scores.filter((_, index) => index % 2 === 1)).size).toBe(ids.length);
    }
    for (const key of await service.redis.keys('trainyard:turns:*')) await service.redis.del(key);
    expect(await service.jobs.restoreEntries()).toBe(ids.length);
    expect(await taken()).toEqual(expected);
  });
});

describe('a refused move', () => {
  test('names the field or the state that is wrong, and changes nothing', async () => {
    const [a, b, paused] = await submitted(0, 0, 9);
    await service.pauses.pause(paused);
    const unknown = '00000000-0000-4000-8000-000000000000';
    await expect(move(unknown, { to: 'top' })).rejects.toMatchObject({ code: 'job_not_found' });
    await expect(move(paused, { before: a })).rejects.toMatchObject({
      ...{ code: 'job_not_queued', message: expect.stringContaining('is paused. Only a queued job can be moved.') },
    });
    await expect(move(b, { before: b })).rejects.toMatchObject({
      ...{ code: 'invalid_request', errors: [{ pointer: '/before' }] },
    });
    await expect(move(b, { after: unknown })).rejects.toMatchObject({
      ...{ code: 'invalid_request', errors: [{ pointer: '/after' }] },
    });
    await expect(move(b, { after: paused })).rejects.toMatchObject({
      ...{ code: 'job_not_queued', message: expect.stringContaining('is paused. Nothing was moved.') },
    });
    expect(await listed()).toEqual([a, b]);
    expect((await service.jobs.get(b)).changes).toEqual([]);
  });
});
