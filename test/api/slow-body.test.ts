/** A body that comes too slowly is given up; streams, which have none, may last. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, openApi, readStream } from '../support/api.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openService, type Service } from '../support/running-service.js';
import { openEvents } from '../support/sse.js';

const TIMEOUT_MS = 300;

let server: TestRedis;
let service: Service;
let api: Api;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
  api = await openApi(service, { bodyTimeoutMs: TIMEOUT_MS });
});
afterAll(async () => {
  await api.close();
  await service.close();
  await server.close();
});

/** What a request is answered with of whose body only a part comes, until the service closes the connection; and after how long. */
async function sendHalf(): Promise<{ text: string; ms: number }> {
  const begun = performance.now();
  const socket = connect(Number(new URL(api.address).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  socket.write(
    `POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"network":`,
  );
  await once(socket, 'close');
  return { text, ms: performance.now() - begun };
}

test('half a body is 408, and the connection is closed', async () => {
  const { text, ms } = await sendHalf();
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nContent-Type: application\/problem\+json/);
  expect(JSON.parse(body)).toMatchObject({ status: 408, code: 'request_timeout' });
  expect(ms).toBeGreaterThan(TIMEOUT_MS - 5);
});

test('a WebSocket and server-sent events outlive it', async () => {
  const { id } = await service.submit('succeeds');
  const events = await openEvents(`${api.address}/jobs/${id}/events`);
  const socket = readStream(`${api.socketAddress}/jobs/${id}/metrics`);
  await expect.poll(() => api.app.websocketServer.clients.size).toBe(1);
  // Given up after them, and they are there still.
  expect((await sendHalf()).text).toMatch(/ 408 /);
  await service.jobs.cancel(id);
  const types: string[] = [];
  for await (const { event } of events.events) types.push(event);
  expect(types).toEqual(expect.arrayContaining(['status', 'end']));
  expect(await socket).toMatchObject({ code: 1000, frames: [{ type: 'status' }, { type: 'end' }] });
});
