/** The stream of a job over a real WebSocket. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { endAfterError, streamFrames } from '../../../src/api/streams/websocket.js';
import type { Frame } from '../../../src/contracts/jobs/frame.js';
import { openApi, readStream, refusedUpgrade } from '../../support/api.js';
import { captureLog } from '../../support/capture-log.js';
import { nextReady } from '../../support/redis.js';
import { openRunningApi } from '../../support/running-api.js';
import { isStep, summarizeFrames } from '../../support/running-service.js';

const { server, service, api } = await openRunningApi({ works: true });

const streamOf = (id: string, query = ''): string => `${api.socketAddress}/jobs/${id}/metrics${query}`;
const epoch = ['step', 'step', 'step', 'step', 'epoch'];
const whole = ['queued 0', 'running 1', ...epoch, ...epoch, 'end succeeded'];

describe('the stream of a job', () => {
  test('replays, follows, and closes with 1000 after the end frame', async () => {
    const { id } = await service.submit('walks');
    const { frames, code } = await readStream(streamOf(id));
    expect(summarizeFrames(frames)).toEqual(whole);
    expect(frames.map(({ seq }) => seq)).toEqual(whole.map((_, index) => index + 1));
    expect(code).toBe(1000);
  });

  test('is the same for two followers, for a follower after the end, and as JSON', async () => {
    const { id } = await service.submit('walks');
    const [first, second] = await Promise.all([readStream(streamOf(id)), readStream(streamOf(id))]);
    expect(second).toEqual(first);
    expect(await readStream(streamOf(id))).toEqual(first);
    const response = await fetch(`${api.address}/jobs/${id}/metrics`);
    expect(await response.json()).toEqual({ frames: first.frames, lastSeq: whole.length });
  });

  test('has the CPU and memory of the trainer in the first step', async () => {
    const { id } = await service.submit('walks');
    const { frames } = await readStream(streamOf(id));
    const usage = { cpu: expect.any(Number), memoryBytes: expect.any(Number) };
    expect(frames.find(({ type }) => type === 'step')).toMatchObject({ usage });
  });

  test('continues after the frame that `after` names', async () => {
    const { id } = await service.submit('succeeds');
    await service.history(id);
    const { frames, code } = await readStream(streamOf(id, '?after=11'));
    expect(frames.map(({ seq }) => seq)).toEqual([12, 13]);
    expect(code).toBe(1000);
    expect(await readStream(streamOf(id, '?after=13'))).toMatchObject({ frames: [], code: 1000 });
  });

  test('continues through a restart of Redis', async () => {
    const { id } = await service.submit('walks', { epochs: 20 });
    const reading = readStream(streamOf(id));
    await service.frame(id, isStep);
    const back = nextReady(service.redis);
    await server.kill();
    await server.start();
    await back;
    const { frames, code } = await reading;
    expect(summarizeFrames(frames)).toEqual([
      'queued 0',
      'running 1',
      ...Array.from({ length: 20 }, () => epoch).flat(),
      'end succeeded',
    ]);
    expect(code).toBe(1000);
  });

  test('ends with a `cancelled` frame when the job is cancelled', async () => {
    const { id } = await service.submit('waits');
    const reading = readStream(streamOf(id));
    await service.frame(id, isStep);
    await service.jobs.cancel(id);
    expect((await reading).frames.at(-1)).toMatchObject({ type: 'end', status: 'cancelled' });
  });
});

describe('a refused upgrade', () => {
  test('returns a problem document for an unknown job', async () => {
    const { status, type, body } = await refusedUpgrade(streamOf('nobody'));
    expect({ status, type, body }).toMatchObject({
      status: 404,
      type: expect.stringMatching(/problem\+json/),
      body: { code: 'job_not_found', detail: expect.stringMatching(/nobody/) },
    });
  });

  test.each(['-1', 'abc', '1.5', '', '1e99', '99999999999999999999'])(
    'points to the parameter for after=%s',
    async (after) => {
      const { id } = await service.submit('succeeds');
      const { status, body } = await refusedUpgrade(streamOf(id, `?after=${after}`));
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', errors: [{ pointer: '?after' }] },
      });
    },
  );

  test('refuses a page of another site, and accepts a page of this service', async () => {
    const { id } = await service.submit('succeeds');
    await service.history(id);
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect(await refusedUpgrade(streamOf(id), { origin })).toMatchObject({
        status: 403,
        body: { code: 'forbidden_origin' },
      });
    }
    const socket = new WebSocket(streamOf(id), { headers: { origin: api.address } });
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1000);
  });

  test('refuses a page of another site, and accepts a page of an allowed origin', async () => {
    const behindProxy = await openApi(service, { allowedOrigins: ['https://train.example'] });
    const { id } = await service.submit('succeeds');
    await service.history(id);
    for (const path of [`/jobs/${id}/metrics`, `/metrics?jobs=${id}`]) {
      const url = behindProxy.socketAddress + path;
      for (const origin of ['https://train.example:444', 'http://train.example', 'https://train.example.evil.example'])
        expect(await refusedUpgrade(url, { origin })).toMatchObject({ status: 403 });
      const socket = new WebSocket(url, { headers: { origin: 'https://train.example' } });
      const [code] = (await once(socket, 'close')) as [number];
      expect(code).toBe(1000);
    }
    await behindProxy.close();
  });

  test('is refused on a path without a stream', async () => {
    expect(await refusedUpgrade(`${api.socketAddress}/jobs`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await refusedUpgrade(`${api.socketAddress}/nowhere`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });
});

describe('a client', () => {
  const closeCode = async (act: (socket: WebSocket) => void): Promise<number> => {
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const socket = new WebSocket(streamOf(id));
    socket.on('error', () => undefined);
    await once(socket, 'open');
    act(socket);
    const [code] = (await once(socket, 'close')) as [number];
    await service.jobs.cancel(id);
    await service.history(id);
    return code;
  };

  test('follows to the end while it sends heartbeats', async () => {
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const several = `${api.socketAddress}/metrics?jobs=${id}`;
    for (const url of [streamOf(id), several]) {
      const socket = new WebSocket(url);
      const frame = once(socket, 'message');
      await once(socket, 'open');
      socket.send('ping');
      socket.send(Buffer.of(0, 1, 2, 255));
      socket.send('');
      socket.send('x'.repeat(2_000));
      socket.ping();
      await Promise.all([frame, once(socket, 'pong')]);
      expect(socket.readyState).toBe(WebSocket.OPEN);
      const closed = once(socket, 'close');
      if (url === several) await service.jobs.cancel(id);
      else socket.close();
      expect((await closed)[0]).toBe(url === several ? 1000 : 1005);
    }
    await service.history(id);
  });

  test('is disconnected with 1008 if it floods the stream with messages', async () => {
    const flood = (socket: WebSocket): void => {
      for (let count = 0; count < 1_001; count++) socket.send('ping');
    };
    expect(await closeCode(flood)).toBe(1008);
    const floodOfBytes = (socket: WebSocket): void => {
      for (let count = 0; count < 17; count++) socket.send(Buffer.alloc(64 * 1024));
    };
    expect(await closeCode(floodOfBytes)).toBe(1008);
  });

  test('is disconnected with 1009 if it sends megabytes', async () => {
    expect(await closeCode((socket) => socket.send(Buffer.alloc(4 * 2 ** 20)))).toBe(1009);
  });

  test('is logged without a stack trace if it breaks the protocol', async () => {
    const log = captureLog();
    const sockets = new WebSocketServer({ port: 0, maxPayload: 8 });
    sockets.on('connection', (socket) => socket.on('error', (error) => endAfterError(error, socket, log.logger)));
    const client = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
    await once(client, 'open');
    client.send('longer than eight bytes');
    const line = await log.line('stream closed: the client broke the protocol');
    expect(line).toMatchObject({ level: 30, reason: 'Max payload size exceeded' });
    expect(JSON.stringify(line)).not.toContain('stack');
    sockets.close();
  });

  test('is disconnected if it sends bytes that are no WebSocket frame', async () => {
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const socket = new WebSocket(streamOf(id));
    socket.on('error', () => undefined);
    const [{ socket: raw }] = (await once(socket, 'upgrade')) as [{ socket: import('node:net').Socket }];
    raw.write(Buffer.alloc(64, 0xff));
    await once(socket, 'close');
    await service.jobs.cancel(id);
    await service.history(id);
  });

  test('leaves no subscription when it disconnects, and other clients keep their streams', async () => {
    const { id } = await service.submit('walks', { epochs: 5 });
    const other = readStream(streamOf(id));
    const socket = new WebSocket(streamOf(id));
    await once(socket, 'message');
    socket.terminate();
    expect((await other).frames.at(-1)).toMatchObject({ type: 'end', status: 'succeeded' });
    await expect.poll(() => service.redis.pubsub('CHANNELS', 'trainyard:frames:*')).toEqual([]);
  });

  test('is answered if it does not speak HTTP, and the service keeps running', async () => {
    const socket = connect(Number(new URL(api.address).port), '127.0.0.1');
    socket.end('\x16\x03\x01 rubbish\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 .*problem\+json/s);
    expect((await fetch(`${api.address}/livez`)).status).toBe(200);
  });
});

/** Returns both ends of a WebSocket, without an API between them. */
async function connection(options: ClientOptions = {}) {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  const connected = once(sockets, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, options);
  client.on('error', () => undefined);
  await once(client, 'open');
  const [socket] = await connected;
  const close = (): void => {
    http.close();
    sockets.close();
  };
  return { client, socket, close };
}

describe('a stream without frames', () => {
  const silent = async function* (signal: AbortSignal): AsyncGenerator<Frame> {
    if (!signal.aborted) await once(signal, 'abort');
    yield* [];
  };
  const settings = { maxBufferedBytes: 50_000, stallMs: 60_000, pingMs: 500 };

  test('pings its client at intervals', async () => {
    const { client, socket, close } = await connection();
    const streaming = streamFrames(socket, silent, service.logger as unknown as FastifyBaseLogger, settings);
    for (let pings = 0; pings < 2; pings++) await once(client, 'ping');
    client.terminate();
    await streaming;
    close();
  });

  test('ends if a ping is not answered before the next one', async () => {
    const { client, socket, close } = await connection({ autoPong: false });
    const closed = once(client, 'close');
    await streamFrames(socket, silent, service.logger as unknown as FastifyBaseLogger, settings);
    expect(await closed).toMatchObject([1006, expect.anything()]);
    close();
  });
});

describe('a client that does not read', () => {
  test('is disconnected with 1013 once its buffer is full for too long, and nothing more is buffered', async () => {
    const { client, socket, close } = await connection();
    client.pause();
    let sent = 0;
    const frames = async function* (): AsyncGenerator<Frame> {
      for (;;) {
        sent += 1;
        const reason = { code: 'internal', message: 'x'.repeat(10_000) };
        yield { seq: sent, jobId: 'a', at: '', type: 'status', status: 'queued', attempt: 1, reason };
      }
    };
    const limits = { maxBufferedBytes: 50_000, stallMs: 100 };
    await streamFrames(socket, frames, service.logger as unknown as FastifyBaseLogger, limits);
    expect(socket.bufferedAmount).toBeLessThan(100_000);
    const closed = once(client, 'close');
    client.resume();
    expect(await closed).toMatchObject([1013, expect.anything()]);
    close();
  });
});

describe('an API that stops', () => {
  test('closes its streams with 1001, even those of clients that do not answer', async () => {
    const other = await openApi(service);
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const reading = readStream(`${other.socketAddress}/jobs/${id}/metrics`);
    const deaf = new WebSocket(`${other.socketAddress}/jobs/${id}/metrics`);
    deaf.on('error', () => undefined);
    await once(deaf, 'open');
    deaf.pause();
    await service.frame(id, isStep);
    await other.close(); // while the client that does not read is still connected
    expect(await reading).toMatchObject({ code: 1001 });
    deaf.terminate();
    await service.jobs.cancel(id);
    await service.history(id);
  });
});
