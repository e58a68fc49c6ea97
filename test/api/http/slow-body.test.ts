/** Timeouts of slow request bodies, which do not apply to streams. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, openApi, readStream } from '../../support/api.js';
import { saveTinyModel } from '../../support/models.js';
import { startRedis, type TestRedis } from '../../support/redis.js';
import { openService, type Service } from '../../support/running-service.js';
import { openEvents } from '../../support/sse.js';

const TIMEOUT_MS = 300;

let server: TestRedis;
let service: Service;

beforeAll(async () => {
  server = await startRedis();
  service = await openService(server);
});
afterAll(async () => {
  await service.close();
  await server.close();
});

type Part = Readonly<{ path?: string; type?: string; method?: string; length?: string; dripMs?: number }>;

/** Sends only a part of a body. Resolves with the response and the time until the service closes the connection. */
async function sendPart(
  { address }: Api,
  { path = '/jobs', type = 'application/json', method = 'POST', length = 'Content-Length: 60000', dripMs }: Part = {},
): Promise<{ text: string; ms: number }> {
  const begun = performance.now();
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk)).on('error', () => undefined);
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n${length}\r\n\r\n`);
  const drip = dripMs === undefined ? undefined : setInterval(() => socket.write('1\r\n{\r\n'), dripMs);
  await once(socket, 'close');
  clearInterval(drip);
  return { text, ms: performance.now() - begun };
}

describe('a body that is incomplete at its deadline', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi(service, { bodyPace: { timeoutMs: TIMEOUT_MS } });
  });
  afterAll(() => api.close());

  test('returns 408 and closes the connection', async () => {
    const { text, ms } = await sendPart(api);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(head).toMatch(/content-type: application\/problem\+json/);
    expect(JSON.parse(body)).toMatchObject({
      status: 408,
      code: 'request_timeout',
      detail: 'The body did not arrive within 0.3 s: send it again over a faster connection.',
    });
    expect(ms).toBeGreaterThan(TIMEOUT_MS - 5);
  });

  test('does not end a WebSocket or server-sent events', async () => {
    const { id } = await service.submit('succeeds');
    const events = await openEvents(`${api.address}/jobs/${id}/events`);
    const socket = readStream(`${api.socketAddress}/jobs/${id}/metrics`);
    await expect.poll(() => api.app.websocketServer.clients.size).toBe(1);
    // The body timed out after the streams were opened, and they are still open.
    expect((await sendPart(api)).text).toMatch(/ 408 /);
    await service.jobs.cancel(id);
    const types: string[] = [];
    for await (const { event } of events.events) types.push(event);
    expect(types).toEqual(expect.arrayContaining(['status', 'end']));
    expect(await socket).toMatchObject({ code: 1000, frames: [{ type: 'status' }, { type: 'end' }] });
  });
});

describe('a body below the floor rate', () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi(service, { bodyPace: { leastRate: 1_000, windowMs: 400 } });
    await saveTinyModel(api.store, { name: 'boots' });
  });
  afterAll(() => api.close());

  const form = 'multipart/form-data; boundary=x';
  // They only wait, so they wait together.
  test.concurrent.each([
    ['JSON', { path: '/jobs' }],
    ['a prediction in JSON', { path: '/predict' }],
    ['a prediction as a file', { path: '/predict', type: 'image/png' }],
    ['a prediction as a form', { path: '/predict', type: form }],
    ['a prediction of TensorFlow Serving', { path: '/v1/models/boots:predict' }],
    ['an inference request', { path: '/v2/models/boots/infer', type: 'application/octet-stream' }],
    ['an archive', { path: '/datasets/boots', method: 'PUT', type: 'application/zip' }],
    ['weights', { path: '/models', type: form }],
  ])('returns 408 for %s, silent or in drips, announced or chunked', async (_, where) => {
    const chunked = 'Transfer-Encoding: chunked';
    const answers = await Promise.all([
      sendPart(api, where),
      sendPart(api, { ...where, dripMs: 50 }),
      sendPart(api, { ...where, length: chunked }),
      sendPart(api, { ...where, length: chunked, dripMs: 50 }),
    ]);
    for (const { text } of answers) {
      expect(text).toMatch(/^HTTP\/1\.1 408 /);
      expect(text).toContain('The body arrived more slowly than 1000 bytes per second for 0.4 s');
    }
  });

  test('is accepted if the body waits for the service', async () => {
    const { port } = new URL(api.address);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk)).on('error', () => undefined);
    const body = JSON.stringify({ network: 'resnet', name: 'x'.repeat(4_000) });
    socket.write(
      `POST /jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    // For longer than the window, at eight times the floor rate: timers are late on a busy machine.
    for (let at = 0; at < body.length; at += 400) {
      socket.write(body.slice(at, at + 400));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });
});
