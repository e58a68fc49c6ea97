/** Limits on queued and paused jobs: resumes count like submissions. */
import { describe, expect, it } from 'vitest';
import { isStep, type Service } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

const QUEUE_DEPTH = 5;
const PAUSED_DEPTH = 8;

let service: Service;

openServiceForEachTest(
  (opened) => {
    service = opened;
  },
  { queueDepth: QUEUE_DEPTH, pausedDepth: PAUSED_DEPTH },
);

const counts = async () => {
  const { queued, paused } = await service.jobs.counts();
  return { queued, paused };
};

async function pauseMany(jobs: number): Promise<string[]> {
  const ids: string[] = [];
  for (let job = 0; job < jobs; job++) {
    const { id } = await service.submit('succeeds');
    await service.pauses.pause(id);
    ids.push(id);
  }
  return ids;
}

/** Returns a paused job that had begun. Its worker is closed. */
async function pauseRunning(): Promise<string> {
  const worker = await service.work();
  const { id } = await service.submit('walks', { epochs: 1_000 });
  await service.frame(id, isStep);
  await service.pauses.pause(id);
  await service.frame(id, (frame) => frame.type === 'status' && frame.status === 'paused');
  await worker.close();
  return id;
}

describe('a full queue', () => {
  it('accepts only as many concurrent resumes as fit, and keeps the other jobs paused', async () => {
    const ids = await pauseMany(PAUSED_DEPTH);
    const answers = await Promise.allSettled(ids.map((id) => service.pauses.resume(id)));
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(refusals).toHaveLength(PAUSED_DEPTH - QUEUE_DEPTH);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({
        code: 'queue_full',
        status: 429,
        message:
          'The queue is full: 5 jobs are queued, which is the limit. Try again after some of them have run. The job stays paused.',
      });
    expect(await counts()).toEqual({ queued: QUEUE_DEPTH, paused: PAUSED_DEPTH - QUEUE_DEPTH });
    await expect(service.submit('succeeds')).rejects.toMatchObject({ code: 'queue_full' });
  });

  it('accepts a resume once another job has run', async () => {
    const [id = ''] = await pauseMany(1);
    for (let job = 0; job < QUEUE_DEPTH; job++) await service.submit('succeeds');
    await expect(service.pauses.resume(id)).rejects.toMatchObject({ code: 'queue_full' });
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused' });
    await service.work();
    await expect
      .poll(
        () =>
          service.pauses.resume(id).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    expect((await service.history(id)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  it('refuses to resume or to keep a job that had begun, but discards it', async () => {
    const id = await pauseRunning();
    for (let job = 0; job < QUEUE_DEPTH; job++) await service.submit('succeeds');
    await expect(service.pauses.resume(id)).rejects.toMatchObject({ code: 'queue_full' });
    await expect(service.jobs.cancel(id, 'keep')).rejects.toMatchObject({
      code: 'queue_full',
      message: expect.stringContaining('With mode=discard the job is cancelled at once.'),
    });
    expect(await service.jobs.get(id)).toMatchObject({ status: 'paused' });
    expect(await service.jobs.get(id)).not.toHaveProperty('cancelMode');
    expect(await service.jobs.cancel(id)).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('paused jobs', () => {
  it('never exceed their limit, whatever clients submit and pause', async () => {
    await pauseMany(PAUSED_DEPTH);
    const { id } = await service.submit('succeeds');
    const refused = {
      code: 'queue_full',
      message: '8 jobs are paused, which is the limit. Resume or cancel one of them first.',
    };
    await expect(service.pauses.pause(id)).rejects.toMatchObject(refused);
    expect(await service.jobs.get(id)).toMatchObject({ status: 'queued' });
    expect(await service.jobs.get(id)).not.toHaveProperty('pauseRequestedAt');
    await service.work();
    await service.history(id);
    const running = await service.submit('walks', { epochs: 1_000 });
    await service.frame(running.id, isStep);
    await expect(service.pauses.pause(running.id)).rejects.toMatchObject(refused);
    await service.jobs.cancel(running.id);
  });
});
