/** List of live workers, from their heartbeats. */
import { describe, expect, test } from 'vitest';
import { keys } from '../../src/events/index.js';
import type { Service } from '../support/running-service.js';
import { openServiceForEachTest } from '../support/service-for-each-test.js';
import { workerOf } from '../support/workers.js';

let service: Service;

openServiceForEachTest((opened) => {
  service = opened;
});

const names = async (): Promise<string[]> => (await service.workers.list()).map(({ host, pid }) => `${host} ${pid}`);

describe('a worker', () => {
  test('is listed with its properties and the time of its heartbeat', async () => {
    const before = Date.now();
    await service.workers.heartbeat(workerOf({ bfloat16: 'amx' }));
    const [worker] = await service.workers.list();
    const { seenAt, ...said } = worker ?? { seenAt: '' };
    expect(said).toEqual(workerOf({ bfloat16: 'amx' }));
    expect(Date.parse(seenAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(seenAt)).toBeLessThanOrEqual(Date.now());
  });

  test('is listed once after several heartbeats, next to another one on its host', async () => {
    await service.workers.heartbeat(workerOf({ pid: 7 }));
    await service.workers.heartbeat(workerOf({ pid: 8 }));
    await service.workers.heartbeat(workerOf({ pid: 7 }));
    await service.workers.heartbeat(workerOf({ host: 'another' }));
    expect(await names()).toEqual(['another 7', 'here 7', 'here 8']);
  });

  test('disappears when it is removed, and its host stays healthy with the other one', async () => {
    await service.workers.heartbeat(workerOf({ pid: 7 }));
    await service.workers.heartbeat(workerOf({ pid: 8 }));
    await service.workers.remove(workerOf({ pid: 7 }));
    expect(await names()).toEqual(['here 8']);
    expect(await service.workers.faultOn('here')).toBeUndefined();
    await service.workers.remove(workerOf({ pid: 8 }));
    expect(await service.workers.faultOn('here')).toMatch(/^No worker of here has sent a heartbeat/);
  });

  test('disappears 15 seconds after its last heartbeat, together with its name', async () => {
    await service.workers.heartbeat(workerOf({ pid: 7 }));
    await service.workers.heartbeat(workerOf({ pid: 8 }));
    const ttl = await service.redis.ttl(keys.worker('here:7'));
    expect(ttl).toBeGreaterThan(10);
    expect(ttl).toBeLessThanOrEqual(15);
    await service.redis.pexpire(keys.worker('here:7'), 0); // expires
    expect(await names()).toEqual(['here 8']);
    expect(await service.redis.smembers(keys.workers)).toEqual(['here:8']);
  });
});
