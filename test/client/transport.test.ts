/** Retries, time limits and aborts of the client, against servers that answer as a test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionError, TimeoutError, Trainyard, TrainyardError } from '../../src/client/index.js';
import { pauseAfter } from '../../src/client/transport.js';

type Answer = (request: IncomingMessage, response: ServerResponse, n: number) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Starts a server. `answer` gets the n-th request, counted from 1. */
async function openServer(answer: Answer) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response, requests.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Resolves once the connection of every request is closed. Node.js may open another one, which it closes after 4 seconds. */
    async closed(): Promise<void> {
      const open = requests.map(({ socket }) => socket).filter((socket) => !socket.destroyed);
      await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    },
  };
}

const job = { network: 'resnet' } as const;
const problem = (code: string, status: number) =>
  JSON.stringify({ type: 'about:blank', title: 'A title', status, code, detail: 'A sentence.' });

/** Answers with an error as the service does, on a connection that closes. */
function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close', ...headers });
  response.end(problem(code, status));
}

it('does not load the WebSocket of the runtime before it needs one', () => {
  const original = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  let reads = 0;
  const get = (): undefined => {
    reads += 1;
    return undefined;
  };
  Object.defineProperty(globalThis, 'WebSocket', { configurable: true, get });
  try {
    new Trainyard({ url: 'http://127.0.0.1:9' });
    expect(reads).toBe(0);
  } finally {
    if (original === undefined) Reflect.deleteProperty(globalThis, 'WebSocket');
    else Object.defineProperty(globalThis, 'WebSocket', original);
  }
});

describe('a retry', () => {
  it('waits for the seconds of Retry-After, and sends the same idempotency key', async () => {
    const times: number[] = [];
    const { url, requests } = await openServer((_, response, n) => {
      times.push(performance.now());
      if (n === 1) return refuse(response, 429, 'queue_full', { 'retry-after': '1' });
      response.end('{"id":"a"}');
    });
    expect(await new Trainyard({ url }).jobs.submit(job)).toEqual({ id: 'a' });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it('does not wait longer than a minute, and rejects with the seconds instead', async () => {
    const { url, requests } = await openServer((_, response) =>
      refuse(response, 503, 'unavailable', { 'retry-after': '3600' }),
    );
    await expect(new Trainyard({ url }).workers.list()).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterS: 3_600,
    });
    expect(requests).toHaveLength(1);
  });

  it('follows only calls that are safe to repeat, and answers that another attempt may change', async () => {
    const statuses = [408, 429, 502, 503, 504, 400, 404, 409, 500, 507];
    for (const status of statuses) {
      const { url, requests } = await openServer((_, response) => refuse(response, status, 'internal'));
      const trainyard = new Trainyard({ url, retries: 1 });
      await expect(trainyard.jobs.get('a')).rejects.toBeInstanceOf(TrainyardError);
      expect(requests).toHaveLength(status > 407 && ![409, 500, 507].includes(status) ? 2 : 1);
      await expect(trainyard.jobs.pause('a')).rejects.toBeInstanceOf(TrainyardError);
      await expect(trainyard.jobs.change('a', {})).rejects.toBeInstanceOf(TrainyardError);
      await expect(trainyard.models.rollback('a', 'b')).rejects.toBeInstanceOf(TrainyardError);
      const moved = trainyard.models.moveLabel('a', 'b', { version: 1, expected: 2 });
      await expect(moved).rejects.toBeInstanceOf(TrainyardError);
      expect(requests.slice(-4).map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST', 'PUT']);
    }
  });

  it('backs off exponentially, with jitter, to 8 seconds', () => {
    const lost = new ConnectionError('lost');
    const pauses = Array.from({ length: 9 }, (_, attempt) => pauseAfter(lost, attempt, 9) ?? 0);
    for (const [attempt, pause] of pauses.entries()) {
      const longest = Math.min(8_000, 250 * 2 ** attempt);
      expect(pause).toBeGreaterThanOrEqual(longest / 2);
      expect(pause).toBeLessThanOrEqual(longest);
    }
    expect(pauseAfter(lost, 9, 9)).toBeUndefined();
  });
});

describe('an error', () => {
  it('says which service cannot be reached, and why', async () => {
    const { url } = await openServer((request) => request.socket.destroy());
    const trainyard = new Trainyard({ url: `${url}/`, retries: 0 });
    expect(trainyard.url).toBe(url);
    await expect(trainyard.workers.list()).rejects.toThrow(ConnectionError);
    await expect(trainyard.workers.list()).rejects.toThrow(`No answer from ${url}: `);
    expect(() => new Trainyard({ url: 'localhost:3000' })).toThrow(/must begin with http/);
  });

  it('has a code also if a proxy answers', async () => {
    const { url } = await openServer((_, response) => response.writeHead(502).end('<html>Bad gateway</html>'));
    const failed = new Trainyard({ url, retries: 0 }).workers.list();
    await expect(failed).rejects.toMatchObject({ code: 'unavailable', status: 502, errors: [] });
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
  ])('of a proxy that checks keys (%i) is `%s`', async (status, code) => {
    const { url } = await openServer((_, response) => response.writeHead(status).end('<html>No</html>'));
    await expect(new Trainyard({ url }).workers.list()).rejects.toMatchObject({ code, status });
  });

  it('tells a service that is silent from one that is gone', async () => {
    const server = await openServer(() => undefined);
    const late = new Trainyard({ url: server.url, timeoutMs: 50 }).workers.list();
    await expect(late).rejects.toThrow(TimeoutError);
    await server.closed();
    expect(server.requests).toHaveLength(1);
  });
});

describe('an abort', () => {
  it('before the call sends nothing', async () => {
    const { url, requests } = await openServer((_, response) => response.end('{}'));
    const trainyard = new Trainyard({ url });
    const signal = AbortSignal.abort('my reason');
    await expect(trainyard.jobs.submit(job, { signal })).rejects.toBe('my reason');
    await expect(trainyard.jobs.follow('a', { signal }).next()).rejects.toBe('my reason');
    await expect(trainyard.jobs.list({ signal }).all()).rejects.toBe('my reason');
    await expect(trainyard.jobs.wait('a', { signal })).rejects.toBe('my reason');
    await expect(trainyard.datasets.import('a', new Blob(['x']), { signal })).rejects.toBe('my reason');
    expect(requests).toHaveLength(0);
  });

  it('before the answer closes the connection', async () => {
    const controller = new AbortController();
    const server = await openServer(() => controller.abort('my reason'));
    const aborted = new Trainyard({ url: server.url }).jobs.submit(job, { signal: controller.signal });
    await expect(aborted).rejects.toBe('my reason');
    await server.closed();
  });

  it('in the middle of a body closes the connection', async () => {
    const controller = new AbortController();
    const server = await openServer((_, response) => {
      response.writeHead(200).write('{"id":', () => controller.abort('my reason'));
    });
    const aborted = new Trainyard({ url: server.url }).jobs.get('a', { signal: controller.signal });
    await expect(aborted).rejects.toBe('my reason');
    await server.closed();
  });

  it('during the wait for a retry rejects at once', async () => {
    const controller = new AbortController();
    const server = await openServer((_, response) => {
      response.once('close', () => controller.abort('my reason'));
      refuse(response, 503, 'unavailable', { 'retry-after': '50' });
    });
    const aborted = new Trainyard({ url: server.url }).jobs.get('a', { signal: controller.signal });
    await expect(aborted).rejects.toBe('my reason');
    await server.closed();
    expect(server.requests).toHaveLength(1);
  });

  it('in the middle of a stream closes the connection, and so does leaving the loop', async () => {
    const frame = { type: 'status', seq: 1, jobId: 'a', at: '', status: 'queued', attempt: 0 };
    const server = await openServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`retry: 2000\n\nid: 1\nevent: status\ndata: ${JSON.stringify(frame)}\n\n`);
    });
    const trainyard = new Trainyard({ url: server.url });
    const controller = new AbortController();
    const frames = trainyard.jobs.follow('a', { signal: controller.signal });
    expect((await frames.next()).value).toEqual(frame);
    const next = frames.next();
    controller.abort('my reason');
    await expect(next).rejects.toBe('my reason');
    await server.closed();
    for await (const one of trainyard.jobs.follow('a')) {
      expect(one).toEqual(frame);
      break;
    }
    await server.closed();
  });
});
