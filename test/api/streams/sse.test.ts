/** The stream of a job as server-sent events, over real sockets. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createEventStreams } from '../../../src/api/streams/server-sent-events.js';
import type { Frame } from '../../../src/contracts/jobs/frame.js';
import { keys } from '../../../src/events/index.js';
import { openApi, readStream } from '../../support/api.js';
import { openRunningApi } from '../../support/running-api.js';
import { isStep, specOf, summarizeFrames } from '../../support/running-service.js';
import { openEvents, readEvents, type ServerEvent } from '../../support/sse.js';
import { stepEvent } from '../../support/step-event.js';

const { service, api } = await openRunningApi({ works: true });

const eventsOf = (id: string, query = ''): string => `${api.address}/jobs/${id}/events${query}`;
const framesOf = (events: readonly ServerEvent[]): Frame[] => events.map(({ data }) => JSON.parse(data) as Frame);
async function endedJob(): Promise<string> {
  const { id } = await service.submit('succeeds'); // 13 frames
  await service.history(id);
  return id;
}

describe('the events of a job', () => {
  test('equal the frames of the WebSocket, have ids and types, and stop after the end frame', async () => {
    const { id } = await service.submit('walks');
    const [events, { frames }] = await Promise.all([
      readEvents(eventsOf(id)),
      readStream(`${api.socketAddress}/jobs/${id}/metrics`),
    ]);
    expect(framesOf(events)).toEqual(frames);
    expect(events.map((event) => event.id)).toEqual(frames.map(({ seq }) => String(seq)));
    expect(events.map(({ event }) => event)).toEqual(frames.map(({ type }) => type));
    expect(summarizeFrames(frames).at(-1)).toBe('end succeeded');
  });

  test('have the headers of an event stream, and begin with the reconnection delay', async () => {
    const { status, headers, events, response } = await openEvents(eventsOf(await endedJob()));
    expect({ status, headers }).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' },
    });
    expect(headers['x-request-id']).toBeDefined();
    for await (const event of events) {
      expect(event).toEqual({ id: '', event: 'retry', data: '2000' });
      break;
    }
    response.destroy();
  });

  test('continue after Last-Event-ID, which overrides `after`', async () => {
    const id = await endedJob();
    expect((await readEvents(eventsOf(id, '?after=10'))).map((event) => event.id)).toEqual(['11', '12', '13']);
    const events = await readEvents(eventsOf(id, '?after=3'), { 'last-event-id': '11' });
    expect(events.map((event) => event.id)).toEqual(['12', '13']);
  });

  test.each(['13', '14', '1000'])(
    'return 204 after %s, the end frame or beyond, so a browser does not reconnect',
    async (last) => {
      const { status, text } = await openEvents(eventsOf(await endedJob()), { 'last-event-id': last });
      expect({ status, text: await text() }).toEqual({ status: 204, text: '' });
    },
  );

  test.each([
    ['of an unknown job', 404, 'job_not_found', () => eventsOf('nobody'), {}],
    ['after=-1', 400, 'invalid_request', (id: string) => eventsOf(id, '?after=-1'), {}],
    ['after Last-Event-ID: x', 400, 'invalid_request', (id: string) => eventsOf(id), { 'last-event-id': 'x' }],
    ['ahead of the stream', 409, 'stream_ahead', (id: string) => eventsOf(id, '?after=9000'), {}],
  ])('%s are refused with %i', async (_, expected, code, url, headers) => {
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const { status, text } = await openEvents(url(id), headers as Record<string, string>);
    expect({ status, body: JSON.parse(await text()) }).toMatchObject({ status: expected, body: { code } });
    await service.jobs.cancel(id);
    await service.history(id);
  });

  test('return 410 for a deleted stream', async () => {
    const id = await endedJob();
    await service.redis.del(keys.events(id), keys.steps(id));
    expect((await openEvents(eventsOf(id))).status).toBe(410);
  });

  test('leave no subscription behind when the client disconnects', async () => {
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const { events, response } = await openEvents(eventsOf(id));
    for await (const { event } of events) if (event === 'step') break;
    response.destroy();
    await expect.poll(() => service.redis.pubsub('CHANNELS', 'trainyard:frames:*')).toEqual([]);
    await service.jobs.cancel(id);
    await service.history(id);
  });

  test('end cleanly when the API stops, even for a client that does not read', async () => {
    const other = await openApi(service);
    const { id } = await service.submit('walks', { epochs: 1_000 });
    const url = `${other.address}/jobs/${id}/events`;
    const reading = readEvents(url);
    const deaf = await openEvents(url);
    deaf.response.pause();
    await service.frame(id, isStep);
    await other.close(); // while the client that does not read is still connected
    expect(framesOf(await reading).at(-1)).toMatchObject({ jobId: id });
    deaf.response.destroy();
    await service.jobs.cancel(id);
    await service.history(id);
  });
});

describe('an event stream', () => {
  const text = 'x'.repeat(10_000);
  const frameOf = (seq: number): Frame => ({
    ...{ seq, jobId: 'a', at: '', type: 'status', status: 'queued', attempt: 1 },
    reason: { code: 'internal', message: text },
  });

  async function serve(
    follow: (signal: AbortSignal) => AsyncIterable<Frame>,
    settings: Parameters<typeof createEventStreams>[0],
  ) {
    const streams = createEventStreams(settings);
    const app = fastify();
    const buffered: number[] = [];
    let served: Promise<void> = Promise.resolve();
    app.get('/', (request, reply) => {
      const watched = async function* (signal: AbortSignal) {
        for await (const frame of follow(signal)) {
          buffered.push(reply.raw.writableLength);
          yield frame;
        }
      };
      served = streams.stream(reply, watched, request.log);
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`;
    return { app, url, buffered, served: () => served };
  }

  test('disconnects a client that does not read once its buffer is full', async () => {
    const endless = async function* (): AsyncGenerator<Frame> {
      for (let seq = 1; ; seq++) yield frameOf(seq);
    };
    const { app, url, buffered, served } = await serve(endless, {
      maxBufferedBytes: 50_000,
      stallMs: 100,
      heartbeatMs: 1_000,
    });
    const { response } = await openEvents(url);
    response.pause();
    await served();
    expect(Math.max(...buffered)).toBeLessThan(100_000);
    const broken = new Promise((resolve) => response.once('close', resolve));
    response.resume();
    await broken;
    expect(response.complete).toBe(false);
    await app.close();
  });

  test('sends comments at intervals while there are no frames', async () => {
    const silent = async function* (signal: AbortSignal): AsyncGenerator<Frame> {
      await once(signal, 'abort');
      yield frameOf(1);
    };
    const { app, url, served } = await serve(silent, { maxBufferedBytes: 50_000, stallMs: 100, heartbeatMs: 20 });
    const { events, response } = await openEvents(url);
    const seen: string[] = [];
    for await (const { event } of events) if (seen.push(event) === 3) break;
    expect(seen).toEqual(['retry', 'comment', 'comment']);
    response.destroy();
    await served();
    await app.close();
  });

  test('ends with a `problem` event after an internal error', async () => {
    const failing = async function* (): AsyncGenerator<Frame> {
      yield frameOf(1);
      throw new Error('secret');
    };
    const { app, url } = await serve(failing, { maxBufferedBytes: 50_000, stallMs: 100, heartbeatMs: 1_000 });
    const [, problem] = await readEvents(url);
    expect(problem).toMatchObject({ event: 'problem', data: expect.stringMatching(/"code":"internal"/) });
    expect(problem?.data).not.toContain('secret');
    await app.close();
  });
});

describe('readers that disconnect and reconnect at random', () => {
  /** Reads at most `most` frames, then disconnects without a closing handshake. */
  async function bySse(id: string, after: number, most: number): Promise<number[]> {
    const { status, events, response } = await openEvents(
      eventsOf(id),
      after > 0 ? { 'last-event-id': `${after}` } : {},
    );
    const seen: number[] = [];
    if (status === 204) return seen;
    for await (const { event, data } of events) {
      if (event !== 'retry' && event !== 'comment') seen.push((JSON.parse(data) as Frame).seq);
      if (seen.length >= most) break;
    }
    response.destroy();
    return seen;
  }
  function bySocket(id: string, after: number, most: number): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const seen: number[] = [];
      const socket = new WebSocket(`${api.socketAddress}/jobs/${id}/metrics?after=${after}`);
      socket.on('message', (data) => {
        if (seen.length >= most) return;
        seen.push((JSON.parse(String(data)) as Frame).seq);
        if (seen.length >= most) socket.terminate();
      });
      socket.on('close', () => resolve(seen));
      socket.on('error', reject);
    });
  }

  test('receive each frame exactly once, over WebSocket and server-sent events', async () => {
    const connections = fc.array(fc.tuple(fc.constantFrom(bySse, bySocket), fc.integer({ min: 1, max: 8 })), {
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(connections, fc.constantFrom(bySse, bySocket), async (pieces, last) => {
        const id = `${crypto.randomUUID()}`;
        const event = { type: 'status', status: 'queued', attempt: 0 } as const;
        const record = { id, spec: JSON.stringify(specOf('none')), createdAt: '' };
        await service.journal.create({ jobId: id, at: new Date().toISOString(), event, record });
        const write = async (): Promise<void> => {
          for (let step = 1; step <= 30; step++)
            await service.journal.write({ jobId: id, from: ['queued'], event: stepEvent(step) });
          const end = { type: 'end', status: 'cancelled' } as const;
          await service.journal.write({ jobId: id, from: ['queued'], to: 'cancelled', event: end });
        };
        const writing = write();
        const seen: number[] = [];
        for (const [read, most] of [...pieces, [last, Number.POSITIVE_INFINITY] as const]) {
          seen.push(...(await read(id, seen.at(-1) ?? 0, most)));
        }
        await writing;
        expect(seen).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
      }),
      { numRuns: 20 },
    );
  });
});
