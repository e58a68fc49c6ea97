/** Metadata and notes of jobs, deletion of ended jobs, and best scores. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EpochEvent } from '../../src/contracts/jobs/frame.js';
import type { StreamMessage } from '../../src/contracts/jobs/stream-message.js';
import { resolveEarlyStopping } from '../../src/contracts/training/training-options.js';
import { keys } from '../../src/events/index.js';
import { createBestScores } from '../../src/queue/record.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service, specOf } from '../support/running-service.js';

let server: TestRedis;
/** Two API processes. */
let service: Service;
let another: Service;

beforeAll(async () => {
  server = await startRedis();
  [service, another] = await Promise.all([openService(server), openService(server)]);
});
afterAll(async () => {
  await Promise.all([service.close(), another.close()]);
  await server.close();
});

const submit = async (details = {}) => (await service.jobs.submit(specOf('succeeds'), details)).id;
const ended = async (details = {}): Promise<string> => {
  const id = await submit(details);
  await service.jobs.cancel(id);
  return id;
};

async function noticesOf(act: () => Promise<unknown>): Promise<StreamMessage[]> {
  const seen: StreamMessage[] = [];
  for await (const message of service.events.followSince({ since: 'now' }, AbortSignal.timeout(20_000))) {
    if (message.type === 'cursor' && seen.length === 0) await act();
    if (message.type === 'notice') return [message];
  }
  return seen;
}

describe('metadata and notes', () => {
  test('change in every status: labels are merged, null removes a label or the notes', async () => {
    const metadata = { team: 'vision', try: '1' };
    for (const id of [await submit({ metadata, notes: 'first' }), await ended({ metadata, notes: 'first' })]) {
      const { job } = await service.jobs.change(id, {
        metadata: { try: '2', team: null, 'a.b': 'x:y' },
        notes: 'é <b>',
      });
      expect(job).toMatchObject({ metadata: { try: '2', 'a.b': 'x:y' }, notes: 'é <b>' });
      const found = async (label: string) =>
        (await service.jobs.list({ limit: 100, metadata: [label] })).jobs.map((j) => j.id);
      expect(await found('try:2')).toContain(id);
      expect(await found('a.b:x:y')).toContain(id);
      expect(await found('team:vision')).not.toContain(id);
      expect(await found('try:1')).not.toContain(id);
      const { job: bare } = await service.jobs.change(id, { notes: null });
      expect(bare.notes).toBeUndefined();
      expect(bare.metadata).toEqual({ try: '2', 'a.b': 'x:y' });
    }
  });

  test('keep every label of concurrent changes, and of the trainer’s writes', async () => {
    const id = await submit();
    await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        (i % 2 ? service : another).jobs.change(id, { metadata: { [`key${i}`]: `${i}` } }),
      ),
    );
    expect(Object.keys((await service.jobs.get(id)).metadata)).toHaveLength(16);
    await expect(service.jobs.change(id, { metadata: { more: 'x' }, notes: 'no' })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/metadata', message: expect.stringContaining('17 labels') }],
    });
    expect((await service.jobs.get(id)).notes).toBeUndefined();
  });

  test('do not change if another part of the request is refused', async () => {
    const id = await ended();
    await expect(service.jobs.change(id, { notes: 'x', epochs: 3 })).rejects.toMatchObject({ code: 'job_ended' });
    expect((await service.jobs.get(id)).notes).toBeUndefined();
  });

  test('reach followers of all jobs as a notice', async () => {
    const id = await ended();
    const [notice] = await noticesOf(() => another.jobs.change(id, { notes: 'seen' }));
    expect(notice).toEqual({ type: 'notice', event: 'edited', jobId: id, at: expect.any(String) });
  });

  test('of an unknown job are refused', async () => {
    await expect(service.jobs.change('nobody', { notes: 'x' })).rejects.toMatchObject({ code: 'job_not_found' });
  });
});

describe('an ended job', () => {
  test('is deleted with everything of it, and followers get a notice', async () => {
    const id = await ended({ metadata: { only: 'here' }, notes: 'gone' });
    const [notice] = await noticesOf(() => another.jobs.remove(id));
    expect(notice).toMatchObject({ event: 'deleted', jobId: id });
    const own = await service.redis.keys(`*${id}*`);
    expect(own).toEqual([]);
    for (const index of [
      keys.jobs,
      keys.jobsIn('cancelled'),
      keys.jobsBy('metadata:only:here'),
      keys.ended,
      keys.latest,
    ])
      expect(await service.redis.zscore(index, id)).toBe(null);
    for (const gone of [service.jobs.get(id), service.jobs.remove(id), service.jobs.change(id, { notes: 'x' })])
      await expect(gone).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('is deleted once if two processes delete it at the same moment', async () => {
    const id = await ended();
    const results = await Promise.allSettled([service.jobs.remove(id), another.jobs.remove(id)]);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    for (const each of results)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'job_not_found' });
  });

  test('is not deleted before its end', async () => {
    const id = await submit();
    await expect(service.jobs.remove(id)).rejects.toMatchObject({ code: 'job_state' });
    expect((await service.jobs.get(id)).status).toBe('queued');
  });
});

describe('best scores', () => {
  const epoch = (number: number, validationLoss: number, validationAccuracy: number, step?: number): EpochEvent => ({
    type: 'epoch',
    epoch: number,
    epochs: 9,
    ...(step !== undefined && { step }),
    trainLoss: 1,
    trainAccuracy: 0,
    validationLoss,
    validationAccuracy,
    testLoss: 1,
    testAccuracy: 0,
    seconds: 1,
    imagesPerSecond: 1,
  });
  const bestEpochs = (events: readonly EpochEvent[], metric?: 'validationLoss') => {
    const earlyStopping = metric === undefined ? null : resolveEarlyStopping({ metric, patience: 3 });
    const score = createBestScores({ spec: { ...specOf('x'), earlyStopping } });
    return events.map((event) => {
      const scored = score(event);
      const { bestScores } = scored.patch;
      expect('best' in scored.event).toBe(bestScores !== undefined);
      return bestScores === undefined ? undefined : (JSON.parse(String(bestScores)) as { epoch: number }).epoch;
    });
  };

  test('are those of the first epoch with the best validation accuracy, or by the metric of early stopping', () => {
    const events = [epoch(1, 0.5, 0.7), epoch(2, 0.4, 0.7), epoch(3, 0.6, 0.8), epoch(4, 0.1, 0.9, 7)];
    expect(bestEpochs(events)).toEqual([1, undefined, 3, undefined]);
    expect(bestEpochs(events, 'validationLoss')).toEqual([1, 2, undefined, undefined]);
    expect(bestEpochs([epoch(1, Number.NaN, Number.NaN)], 'validationLoss')).toEqual([undefined]);
  });

  test('are absent without validation images', () => {
    const { validationLoss: _, validationAccuracy: __, ...plain } = epoch(1, 1, 1);
    expect(bestEpochs([plain])).toEqual([undefined]);
  });
});
