/** Answers to requests that are refused by their headers, before the body, and while the body arrives. */
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../support/api.js';
import { openRunningApi } from '../../support/running-api.js';

const MANY = 8 * 2 ** 20;
/** Larger than the buffers of a connection. */
const MOST = 3 * MANY;

const { service, api } = await openRunningApi({ maxImportBytes: 2 ** 25 });

type Refused = readonly [method: string, path: string, type: string, bytes: number, status: number];

/** Refused by the headers alone. The limit of data sets is 1 MiB here, that of imports 32 and 16 more for sample images, that of predictions 1. */
const byHeaders: readonly Refused[] = [
  ['PUT', '/datasets/shoes', 'application/zip', MANY, 413],
  ['PUT', '/datasets/shoes?side=0', 'application/zip', 1_000_000, 400],
  ['PUT', '/datasets/SHOES!', 'application/zip', 1_000_000, 400],
  ['PUT', '/datasets/shoes', 'text/html', MANY, 415],
  ['POST', '/models', 'multipart/form-data; boundary=x', 7 * MANY, 413],
  ['POST', '/models', 'application/zip', MANY, 415],
  ['POST', '/jobs', 'application/json', MANY, 413],
  ['POST', '/jobs', 'text/plain', MANY, 415],
  ['PATCH', '/jobs/a', 'application/json', MANY, 413],
  ['PUT', '/models/a/labels/b', 'application/json', MANY, 413],
  ['POST', '/jobs/a/pause', 'application/json', MANY, 413],
  ['POST', '/predict', 'image/png', MANY, 413],
  ['POST', '/predict', 'multipart/form-data; boundary=x', MANY, 413],
  ['POST', '/predict', 'text/html', MANY, 415],
  ['POST', '/predict/map', 'image/png', MANY, 413],
  ['POST', '/predict?model=nobody', 'image/png', 1_000_000, 404],
  ['POST', '/v1/models/a:predict', 'application/json', MANY, 413],
  ['POST', '/v1/models/nobody:predict', 'application/json', 1_000_000, 404],
  ['POST', '/v1/models/nobody/versions/1:predict', 'application/json', 1_000_000, 404],
  ['POST', '/v2/models/a/infer', 'application/json', MANY, 413],
  ['POST', '/v2/models/nobody/infer', 'application/octet-stream', 1_000_000, 404],
  ['POST', '/v2/repository/index', 'application/json', MANY, 413],
  ['POST', '/nowhere', 'application/json', MANY, 404],
  ['PUT', '/jobs', 'application/json', MANY, 405],
  ['DELETE', '/jobs/a', 'application/json', MANY, 413],
];

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(api.address).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const head = (method: string, path: string, headers: Record<string, string | number>): string =>
  `${method} ${path} HTTP/1.1\r\nhost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Resolves with the bytes that a socket receives until a response is complete or the socket closes. */
function answerOn(socket: Socket): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk;
      const [, , length, body] = /HTTP\/1.1 [2-5]\d\d(.*)content-length: (\d+)\r\n.*?\r\n\r\n(.*)$/is.exec(text) ?? [];
      if (length !== undefined && Buffer.byteLength(body ?? '') >= Number(length)) resolve(text);
    });
    socket.once('close', () => resolve(text));
  });
}

describe('a client that waits for 100 Continue', () => {
  it.each(byHeaders)('is refused without it: %s %s of %s, %i bytes, %i', async (method, path, type, bytes, status) => {
    const socket = await open();
    const answer = answerOn(socket);
    socket.write(head(method, path, { expect: '100-continue', 'content-type': type, 'content-length': bytes }));
    expect(await answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*connection: close`, 'is'));
    socket.destroy();
  });

  it('is asked to send an acceptable body', async () => {
    const body = '{"network":"resnet"}';
    const socket = await open();
    const [{ length }] = [body];
    const headers = { expect: '100-continue', 'content-type': 'application/json', 'content-length': length };
    socket.write(head('POST', '/jobs', headers));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(String(first)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const answer = answerOn(socket);
    socket.write(body);
    expect(await answer).toMatch(/^HTTP\/1.1 202 /);
    socket.destroy();
  });

  it.each([
    ['POST', '/models', 'multipart/form-data; boundary=x'],
    ['PUT', '/datasets/shoes', 'application/zip'],
    ['POST', '/predict', 'image/png'],
  ])('is asked to send the body of %s %s', async (method, path, type) => {
    const socket = await open();
    socket.write(head(method, path, { expect: '100-continue', 'content-type': type, 'content-length': 10 }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(String(first)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const answer = answerOn(socket);
    socket.write('0123456789');
    // Nobody has trained a model to predict with.
    expect(await answer).toMatch(path === '/predict' ? /^HTTP\/1.1 404 / : /^HTTP\/1.1 400 /);
    socket.destroy();
  });
});

/** Returns a form that has a bad spec before many bytes of weights. */
function form(): FormData {
  const parts = new FormData();
  parts.set('spec', '{"network":"vgg"}');
  parts.set('weights', new Blob([Buffer.alloc(MOST)]), 'w');
  return parts;
}

describe('a client that sends its body at once', () => {
  it.each(byHeaders)('is answered %s %s of %s, %i bytes, by %i', async (method, path, type, bytes, status) => {
    const body = Buffer.alloc(bytes);
    const response = await fetch(api.address + path, { method, body, headers: { 'content-type': type } });
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty(path.startsWith('/v') ? 'error' : 'detail');
  });

  it.each(byHeaders.filter(([, , , bytes]) => bytes >= MANY))(
    'is answered %s %s of %s in chunks, %i bytes, by %i',
    async (method, path, type, bytes, status) => {
      const chunk = Buffer.alloc(2 ** 16);
      const chunks = Readable.from(
        (function* () {
          for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
        })(),
      );
      const init = { method, body: Readable.toWeb(chunks), duplex: 'half', headers: { 'content-type': type } };
      const response = await fetch(api.address + path, init as unknown as RequestInit);
      // Without a declared size the bytes themselves are refused; a damaged form or name comes before.
      expect([status, 400, 404]).toContain(response.status);
      expect(await response.json()).toBeTypeOf('object');
    },
  );

  it('gets the refusal of an import spec while it still sends the weights', async () => {
    for (let tries = 0; tries < 3; tries++) {
      const response = await fetch(`${api.address}/models`, { method: 'POST', body: form() });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ detail: expect.stringContaining('/spec/network') });
    }
  });

  it('gets its answer even if it reads only afterwards', async () => {
    const socket = await open();
    socket.pause();
    socket.write(head('POST', '/nowhere', { 'content-length': MOST }));
    for (let sent = 0; sent < MOST; sent += 2 ** 20) {
      if (!socket.write(Buffer.alloc(2 ** 20))) await once(socket, 'drain');
    }
    const answer = answerOn(socket);
    socket.resume();
    expect(await answer).toMatch(/^HTTP\/1.1 404 .*There is no route POST \/nowhere/s);
  });

  it('is disconnected after 64 MiB if it never ends its body', async () => {
    const socket = await open();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head('POST', '/nowhere', { 'transfer-encoding': 'chunked' }));
    let mebibytes = 0;
    const send = (): void => {
      while (!socket.destroyed && socket.write(`100000\r\n${'x'.repeat(2 ** 20)}\r\n`)) mebibytes += 1;
      mebibytes += 1;
    };
    socket.on('drain', send).resume();
    send();
    await closed;
    expect(mebibytes).toBeGreaterThan(60);
    expect(mebibytes).toBeLessThan(200);
  });

  it('does not delay the stop of the service if it pauses in the middle', async () => {
    const other = await openApi(service);
    const socket = connect(Number(new URL(other.address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const answer = answerOn(socket);
    socket.write(head('POST', '/nowhere', { 'content-length': MANY }));
    expect(await answer).toMatch(/^HTTP\/1.1 404 /);
    await other.close(); // while the client has not yet sent its whole body
    socket.destroy();
  });
});

describe('a connection', () => {
  it('stays open after a refusal if the body is small and arrives later', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (method: string, path: string, body?: string): Promise<[status: number, port: number]> =>
      new Promise((resolve, reject) => {
        const headers = body === undefined ? {} : { 'content-length': body.length, 'content-type': 'text/plain' };
        const asked = httpRequest(`${api.address}${path}`, { agent, method, headers }, (response) => {
          const port = response.socket.localPort ?? 0;
          if (body !== undefined) asked.end(body);
          response.resume().once('end', () => resolve([response.statusCode ?? 0, port]));
        });
        asked.once('error', reject);
        if (body === undefined) asked.end();
        else asked.flushHeaders();
      });
    const [refused, port] = await ask('POST', '/nowhere', 'x'.repeat(10_000));
    expect([refused, await ask('GET', '/livez')]).toEqual([404, [200, port]]);
    agent.destroy();
  });

  it('gets an answer if its headers never end', async () => {
    const socket = await open();
    const answer = answerOn(socket);
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(400_000)}`);
    socket.write('x'.repeat(400_000));
    expect(await answer).toMatch(/^HTTP\/1.1 431 .*headers_too_large/s);
    socket.destroy();
  });
});
