/** The client follows all jobs over one WebSocket, however many there are. */
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Frame, Trainyard } from '../../../src/client/index.js';
import { openRunningApi } from '../../support/running-api.js';

const JOBS = 1_000;

const { service, api } = await openRunningApi();

test('followAll() follows a thousand open jobs, and continues after lost connections without naming them', async () => {
  const sockets: WebSocket[] = [];
  class Recorded extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  const client = new Trainyard({ url: api.address, WebSocket: Recorded });
  const submit = async (): Promise<string> => (await service.submit('succeeds')).id;
  const ids: string[] = [];
  while (ids.length < JOBS) ids.push(await submit());
  const [first = '', second = ''] = ids;

  const seen: Frame[] = [];
  const controller = new AbortController();
  const following = (async () => {
    for await (const frame of client.jobs.followAll({ signal: controller.signal })) {
      seen.push(frame);
      // The first connection is lost within the history, and a job ends meanwhile.
      if (seen.length !== 100) continue;
      sockets[0]?.terminate();
      await service.jobs.cancel(first);
    }
  })();
  await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(JOBS + 1);
  sockets.at(-1)?.terminate();
  await service.jobs.cancel(second);
  const young = await submit();
  await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(JOBS + 3);
  controller.abort('seen enough');
  await expect(following).rejects.toBe('seen enough');

  const numbersOf = (id: string) => seen.flatMap((frame) => ('seq' in frame && frame.jobId === id ? [frame.seq] : []));
  expect([first, second, young].map(numbersOf)).toEqual([[1, 2], [1, 2], [1]]);
  expect(new Set(seen.map(({ jobId }) => jobId))).toEqual(new Set([...ids, young]));
  expect(sockets.length).toBe(3);
  expect(Math.max(...sockets.map(({ url }) => url.length))).toBeLessThan(200);
});
