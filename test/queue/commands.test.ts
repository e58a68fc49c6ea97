/** Every command on a job in every state, on an unknown job, and twice at the same moment from two API processes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobStatus } from '../../src/contracts/jobs/job.js';
import { type Api, openApi } from '../support/api.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';

let server: TestRedis;
let services: [Service, Service];
let apis: [Api, Api];

beforeAll(async () => {
  server = await startRedis();
  services = await Promise.all([openService(server), openService(server)]);
  apis = await Promise.all([openApi(services[0]), openApi(services[1])]);
});
afterAll(async () => {
  for (const api of apis) await api.close();
  for (const service of services) await service.close();
  await server.close();
});

type Command = Readonly<{ method: string; path: string; body?: object }>;
const commands = {
  discard: { method: 'DELETE', path: '' },
  keep: { method: 'DELETE', path: '?mode=keep' },
  pause: { method: 'POST', path: '/pause' },
  resume: { method: 'POST', path: '/resume' },
  change: { method: 'PATCH', path: '', body: { learningRate: 0.01 } },
  prioritize: { method: 'PATCH', path: '', body: { priority: 7 } },
} as const satisfies Record<string, Command>;
type Name = keyof typeof commands;

type Answer = Readonly<{ status: number; body: { code?: string; detail?: string } }>;

async function send(api: Api, id: string, name: Name): Promise<Answer> {
  const { method, path, body }: Command = commands[name];
  const headers = body && { 'content-type': 'application/json' };
  const response = await fetch(`${api.address}/jobs/${id}${path}`, {
    method,
    ...(body && { headers, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Makes a job in that state that no worker owns. */
async function jobIn(state: JobStatus): Promise<string> {
  const [{ jobs, journal }] = services;
  const { id } = await services[0].submit('succeeds');
  const move = (from: JobStatus, to: JobStatus, patch: Record<string, string | number> = {}) =>
    journal.write({ jobId: id, from: [from], to, patch });
  if (state === 'paused') await services[0].pauses.pause(id);
  else if (state === 'cancelled') await jobs.cancel(id);
  else if (state !== 'queued') {
    await move('queued', 'running', { attempt: 1 });
    if (state !== 'running') await move('running', state, { endedAt: new Date().toISOString() });
  }
  expect((await jobs.get(id)).status).toBe(state);
  return id;
}

const states = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const satisfies JobStatus[];
const ENDED = [409, 409, 409];
/** Expected answers by state. */
const first: Record<Name, readonly number[]> = {
  discard: [200, 202, 200, ...ENDED],
  keep: [200, 202, 200, ...ENDED],
  pause: [200, 202, 409, ...ENDED],
  resume: [409, 409, 200, ...ENDED],
  change: [200, 202, 200, ...ENDED],
  prioritize: [200, 409, 409, ...ENDED],
};
/** Expected answer to the second of two concurrent commands, if the first one changes the state. */
const second: Partial<Record<Name, readonly number[]>> = {
  discard: [409, 202, 409, ...ENDED],
  keep: [409, 202, 409, ...ENDED],
  pause: [409, 202, 409, ...ENDED],
  resume: [409, 409, 409, ...ENDED],
};

const names = Object.keys(commands) as Name[];
const cases = names.flatMap((name) => states.map((state, i) => ({ name, state, i })));

describe('a command', () => {
  test.each(cases)('$name of a $state job succeeds or returns an error with the state', async ({ name, state, i }) => {
    const { status, body } = await send(apis[0], await jobIn(state), name);
    expect(status).toBe(first[name][i]);
    if (status !== 409) return;
    expect(body.code).toMatch(/^job_(state|ended|not_queued)$/);
    expect(body.detail).toContain(`is ${state}`);
  });

  test.each(cases)(
    '$name of a $state job takes effect once if two API processes get it at the same moment',
    async (which) => {
      const { name, state, i } = which;
      const id = await jobIn(state);
      const before = (await services[0].events.list(id, 0, 100)).length;
      const answers = await Promise.all(apis.map((api) => send(api, id, name)));
      const expected = [first[name][i], (second[name] ?? first[name])[i]];
      expect(answers.map(({ status }) => status).sort()).toEqual(expected.sort());
      const frames = await services[0].events.list(id, 0, 100);
      expect(frames.map((frame) => 'seq' in frame && frame.seq)).toEqual(frames.map((_, index) => index + 1));
      // A new status appears once; two changes of values appear twice.
      const isTold = first[name][i] === 200 && name !== 'change';
      expect(frames.length - before).toBe(isTold ? (name === 'prioritize' ? 2 : 1) : 0);
    },
  );

  test.each(names)('%s of an unknown job returns 404', async (name) => {
    for (const id of ['nobody', crypto.randomUUID()]) {
      expect(await send(apis[1], id, name)).toMatchObject({ status: 404, body: { code: 'job_not_found' } });
    }
  });
});
