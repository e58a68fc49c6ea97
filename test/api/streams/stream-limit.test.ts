/** Limits of concurrent streams, for each client and for all clients. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Api, openApi, refusedUpgrade } from '../../support/api.js';
import { startRedis, type TestRedis } from '../../support/redis.js';
import { openService, type Service } from '../../support/running-service.js';

const PER_CLIENT = 3;
const IN_ALL = 5;

let server: TestRedis;
let service: Service;
let api: Api;
let id: string;
let opened: { terminate(): void }[] = [];

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service, { streamLimits: { perClient: PER_CLIENT, total: IN_ALL } });
  ({ id } = await service.submit('succeeds'));
});
afterEach(() => {
  for (const each of opened) each.terminate();
  opened = [];
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
});

async function follow(path: string, localAddress = '127.0.0.1'): Promise<WebSocket> {
  const socket = new WebSocket(api.socketAddress + path, { localAddress });
  socket.on('error', () => undefined);
  opened.push(socket);
  await Promise.race([once(socket, 'open'), once(socket, 'close').then(() => Promise.reject(new Error('refused')))]);
  return socket;
}

async function events(): Promise<IncomingMessage> {
  const [response] = (await once(get(`${api.address}/jobs/${id}/events`), 'response')) as [IncomingMessage];
  opened.push({ terminate: () => response.destroy() });
  return response;
}

const refused = { status: 429, body: { code: 'too_many_requests', detail: expect.stringContaining('3 open streams') } };

describe('a client', () => {
  it('is refused a stream of any kind beyond its limit, and gets it after closing another', async () => {
    const first = await follow(`/jobs/${id}/metrics`);
    await follow('/metrics');
    expect((await events()).statusCode).toBe(200);
    for (const path of [`/jobs/${id}/metrics`, '/metrics', `/metrics?jobs=${id}`])
      expect(await refusedUpgrade(api.socketAddress + path)).toMatchObject(refused);
    const response = await fetch(`${api.address}/jobs/${id}/events`);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject(refused.body);
    expect((await fetch(`${api.address}/jobs/${id}/metrics`)).status).toBe(200);
    first.terminate();
    await expect.poll(() => events().then(({ statusCode }) => statusCode)).toBe(200);
  });

  it('does not use up its limit with refused requests', async () => {
    for (let request = 0; request < 2 * IN_ALL; request++) {
      expect((await refusedUpgrade(`${api.socketAddress}/jobs/nobody/metrics`)).status).toBe(404);
      expect((await fetch(`${api.address}/jobs/nobody/events`)).status).toBe(404);
    }
    await expect.poll(() => follow('/metrics').then(() => true)).toBe(true);
  });
});

describe.skipIf(process.platform !== 'linux')('all clients together', () => {
  it('are refused with 503 beyond their common limit', async () => {
    for (const address of ['127.0.0.2', '127.0.0.3'])
      for (let stream = 0; stream < 2; stream++) await follow('/metrics', address);
    await follow('/metrics', '127.0.0.4');
    expect(await refusedUpgrade(`${api.socketAddress}/metrics`)).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: expect.stringContaining('5 streams are open') },
    });
  });
});
