/** GET /jobs/{id}/log: last output of a trainer that failed or was killed. */
import { describe, expect, test } from 'vitest';
import { Trainyard } from '../../src/client/index.js';
import { keys } from '../../src/events/index.js';
import { readable } from '../../src/processes/output-tail.js';
import { createRetention } from '../../src/queue/index.js';
import { openRunningApi } from '../support/running-api.js';

const { service, api } = await openRunningApi();
await service.work({ maxRestarts: 1 });
const { jobs } = new Trainyard({ url: api.address });

const endOf = async (behaviour: string): Promise<string> => {
  const { id } = await service.submit(behaviour);
  await service.history(id);
  return id;
};

describe('the log of a trainer', () => {
  test('has the last lines of the last attempt of a killed trainer, without escapes and credentials', async () => {
    const id = await endOf('prints-much');
    const log = await jobs.log(id);
    expect(log).toMatchObject({ attempt: 2, leftOut: 201 });
    expect(Date.parse(log?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(log?.lines).toHaveLength(100);
    expect(log?.lines.slice(-2)).toEqual(['line 300', 'red alert redis://[redacted]@host:6379 token=[redacted]']);
    expect((await jobs.get(id)).error?.message).not.toMatch(/hunter2|\[31m/);
  });

  test('stays after a restart that succeeds', async () => {
    const id = await endOf('speaks-and-stumbles');
    expect((await jobs.get(id)).status).toBe('succeeded');
    expect(await jobs.log(id)).toMatchObject({ attempt: 1, lines: ['the last words'] });
  });

  test('is 404 log_not_found if no trainer has failed, or none printed anything', async () => {
    for (const behaviour of ['succeeds', 'fails']) {
      const id = await endOf(behaviour);
      const response = await fetch(`${api.address}/jobs/${id}/log`);
      expect([response.status, await response.json()]).toMatchObject([404, { code: 'log_not_found' }]);
      expect(await jobs.log(id)).toBeUndefined();
    }
    await expect(jobs.log('nobody')).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('is removed with its job', async () => {
    const id = await endOf('dies');
    expect(await service.redis.exists(keys.log(id))).toBe(1);
    const retention = createRetention({ redis: service.redis, logger: service.logger, days: 1, count: 0 });
    await retention.sweep(Date.now() + 2 * 86_400_000);
    expect(await service.redis.exists(keys.log(id))).toBe(0);
  });
});

describe('a line of output', () => {
  test.each([
    ['Authorization: Bearer abcdefgh12345678', /^Authorization: \[redacted\]/],
    ['{"password": "p w", "rest": 1}', /^\{"password": \[redacted\], "rest": 1\}$/],
    ['WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjU', /^WEBHOOK_SECRET=\[redacted\]$/],
    ['key whsec_MfKQ9r8GKYqrTwjU of the hook', /^key \[redacted\] of the hook$/],
    ['Unexpected token } in JSON', /^Unexpected token \} in JSON$/],
    ['loss\t0.5\u0000\u202e', /^loss {2}0\.5$/],
  ])('is shown without control characters and credentials: %j', (line, expected) => {
    expect(readable(line)).toMatch(expected);
    expect(readable(line)).not.toMatch(/abcdefgh|p w|MfKQ/);
  });

  test('is cut', () => {
    expect(readable('x'.repeat(1e6)).length).toBeLessThan(2_100);
  });
});
