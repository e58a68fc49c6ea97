/** A real Redis at its maxmemory: it accepts nothing new, but jobs can be cancelled and paused, and everything recovers. */
import { afterEach, describe, expect, test } from 'vitest';
import { isStep, type Service, summarizeFrames } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';

let service: Service;

openServiceForEachTest((opened) => {
  service = opened;
});
afterEach(() => setFull(false));

const setFull = (isFull: boolean) => service.redis.config('SET', 'maxmemory', isFull ? '1' : '0');

/** Returns a running job after its first step, and a queued job behind it. */
async function runningAndQueued(): Promise<{ running: string; queued: string }> {
  await service.work({ lockMs: 2_000 });
  const { id: running } = await service.submit('walks', { epochs: 1_000 });
  await service.frame(running, isStep);
  const { id: queued } = await service.submit('succeeds');
  return { running, queued };
}

const statusOf = async (id: string): Promise<string> => (await service.jobs.get(id)).status;

describe('while Redis is out of memory', () => {
  test('a submission returns an error, and so do changes that need memory', async () => {
    const { id } = await service.submit('succeeds');
    await setFull(true);
    const refusal = { code: 'redis_unavailable', message: expect.stringMatching(/out of memory and refuses writes/) };
    await expect(service.submit('succeeds')).rejects.toMatchObject(refusal);
    await expect(service.jobs.change(id, { epochs: 3 })).rejects.toMatchObject(refusal);
    await service.pauses.pause(id);
    await expect(service.pauses.resume(id)).rejects.toMatchObject(refusal);
    expect(await statusOf(id)).toBe('paused');
  });

  test.each(['cancelled', 'paused'] as const)('a queued job is %s at once', async (status) => {
    const { id } = await service.submit('succeeds');
    await setFull(true);
    const requested = status === 'cancelled' ? service.jobs.cancel(id) : service.pauses.pause(id);
    expect(await requested).toMatchObject({ outcome: status, job: { status } });
  });

  test('a running job is cancelled, and the worker continues once there is memory', async () => {
    const { running, queued } = await runningAndQueued();
    await setFull(true);
    expect(await service.jobs.cancel(running)).toMatchObject({ outcome: 'accepted' });
    const frames = await service.history(running);
    expect(frames.at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    expect(await statusOf(queued)).toBe('queued');
    await setFull(false);
    expect((await service.history(queued)).at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
  });

  test('a running job is paused, and continues once there is memory', async () => {
    const { running } = await runningAndQueued();
    await setFull(true);
    expect(await service.pauses.pause(running)).toMatchObject({ outcome: 'accepted' });
    await service.frame(running, (frame) => frame.type === 'status' && frame.status === 'paused');
    await setFull(false);
    await service.pauses.resume(running);
    await service.frame(
      running,
      (frame) => frame.type === 'status' && frame.status === 'running' && frame.attempt === 2,
    );
    await service.jobs.cancel(running);
    const statuses = summarizeFrames(await service.history(running)).filter(
      (each) => !['step', 'epoch', 'gap'].includes(each),
    );
    expect(statuses).toEqual(['queued 0', 'running 1', 'paused 1', 'queued 1', 'running 2', 'end cancelled']);
  });
});
