/** Archives that the service fetches from an address: resumed, bounded, cancelled, and refused in private networks. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ImportStatus, Trainyard } from '../../src/client/index.js';
import { pictures, zipOf } from '../support/archive.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { openWorkerProcesses, type WorkerProcesses } from '../support/worker-processes.js';

const ETAG = '"v1"';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let redis: TestRedis;
let processes: WorkerProcesses;
let client: Trainyard;
let publicOnly: Trainyard;
let archive: Buffer;
let sha256: string;
let source: Server;
let origin: string;
let answer: Answer;
let requests: IncomingMessage[] = [];

beforeAll(async () => {
  redis = await startRedis();
  processes = await openWorkerProcesses();
  source = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(source, 'listening');
  origin = `http://127.0.0.1:${(source.address() as AddressInfo).port}`;
  client = await startApi('private');
  publicOnly = await startApi('public');
  archive = await zipOf(await pictures('', 6));
  sha256 = createHash('sha256').update(archive).digest('hex');
});
afterAll(async () => {
  await processes.close();
  await redis.close();
  source.closeAllConnections();
  source.close();
});
beforeEach(() => {
  requests = [];
  answer = (_, response) => response.end(archive);
});

async function startApi(networks: string): Promise<Trainyard> {
  const env = { REDIS_URL: redis.url, PORT: '0', HOST: '127.0.0.1', DOWNLOAD_NETWORKS: networks, MAX_DATASET_MB: '1' };
  const { child } = processes.startEntry('server.js', env);
  const [{ address }] = (await once(child, 'message')) as [{ address: string }];
  return new Trainyard({ url: address, retries: 0 });
}

/** Returns the temporary folders of imports, which are hidden. */
const leftovers = async (): Promise<string[]> =>
  (await readdir(join(processes.dataDir, 'datasets'))).filter((name) => name.startsWith('.saving-'));

describe('an archive at an address', () => {
  it('becomes a data set, and shows the bytes that have arrived', async () => {
    const seen: ImportStatus[] = [];
    const url = `${origin}/colours.zip?token=secret`;
    const info = await client.datasets.import(
      'fetched',
      { url, sha256 },
      { side: 24, onImport: (each) => seen.push(each) },
    );
    expect(info).toMatchObject({ name: 'fetched', imported: { sha256 } });
    expect(seen.at(-1)).toMatchObject({ state: 'succeeded', bytes: archive.length, totalBytes: archive.length });
    expect(await client.datasets.import('fetched', { url }, { side: 24 })).toMatchObject({ name: 'fetched' });
    expect(await leftovers()).toEqual([]);
  });

  /** Returns the bytes that have arrived of a running import. */
  const bytesOf = async (name: string): Promise<number | undefined> =>
    (await client.datasets.imports()).imports.find((each) => each.name === name)?.bytes;

  it('continues where the connection broke off', async () => {
    const half = archive.length >> 1;
    answer = (request, response) => {
      response.setHeader('etag', ETAG);
      if (request.headers.range === undefined) {
        response.setHeader('content-length', archive.length);
        response.write(archive.subarray(0, half));
        // Once the service has the half: what lies in the buffers of a broken connection is lost.
        void expect
          .poll(() => bytesOf('resumed'))
          .toBe(half)
          .finally(() => response.destroy());
        return;
      }
      const from = Number(/\d+/.exec(request.headers.range)?.[0]);
      response.writeHead(206, { 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` });
      response.end(archive.subarray(from));
    };
    expect(await client.datasets.import('resumed', { url: origin, sha256 })).toMatchObject({ name: 'resumed' });
    expect(requests).toHaveLength(2);
    expect(requests[1]?.headers).toMatchObject({ 'if-range': ETAG, range: expect.stringMatching(/^bytes=\d+-$/) });
  });
});

describe('an address that cannot be used', () => {
  const refused = (input: object, service = client) =>
    service.datasets.import('refused', input as { url: string }).then(
      () => undefined,
      ({ status, code, errors }) => ({
        status,
        code,
        pointers: errors?.map((each: { pointer: string }) => each.pointer),
      }),
    );

  it('is refused before a request is sent, with a pointer', async () => {
    expect(await refused({ url: origin }, publicOnly)).toEqual({
      status: 400,
      code: 'invalid_request',
      pointers: ['/url'],
    });
    expect(await refused({ url: 'https://127.0.0.1/a.zip' }, publicOnly)).toMatchObject({ pointers: ['/url'] });
    expect(await refused({ url: 'file:///etc/passwd' })).toMatchObject({ pointers: ['/url'] });
    expect(await refused({ url: origin, sha256: 'abc' })).toMatchObject({ pointers: ['/sha256'] });
    expect(await refused({ url: origin, path: '/x' })).toMatchObject({ status: 400, pointers: ['/path'] });
    expect(requests).toEqual([]);
  });

  it('is refused if it redirects to an address that is not allowed', async () => {
    answer = (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    expect(await refused({ url: origin })).toEqual({ status: 400, code: 'invalid_request', pointers: ['/url'] });
  });

  it.each<[what: string, respond: Answer, expected: object]>([
    [
      'a file that does not exist',
      (_, response) => response.writeHead(404).end(),
      { status: 424, code: 'download_failed' },
    ],
    [
      'a file that is too large',
      (_, response) => response.writeHead(200, { 'content-length': 2 ** 21 }).flushHeaders(),
      { status: 413, code: 'payload_too_large' },
    ],
    [
      'a file that grows too large',
      (_, response) => response.write(Buffer.alloc(2 ** 20 + 1)),
      { status: 413, code: 'payload_too_large' },
    ],
    ['a page', (_, response) => response.end('<!doctype html>'), { status: 400, code: 'invalid_dataset' }],
  ])('is refused for %s, and nothing is kept', async (_what, respond, expected) => {
    answer = respond;
    expect(await refused({ url: origin })).toMatchObject(expected);
    expect(await leftovers()).toEqual([]);
  });

  it('is refused if the file has another checksum', async () => {
    expect(await refused({ url: origin, sha256: 'f'.repeat(64) })).toEqual({
      ...{ status: 400, code: 'invalid_request', pointers: ['/sha256'] },
    });
    expect(await leftovers()).toEqual([]);
  });
});

describe('a download', () => {
  const stall: Answer = (_, response) => {
    response.writeHead(200, { 'content-length': archive.length });
    response.write(archive.subarray(0, 100));
  };
  /** Resolves when the service closes the connection to the source. */
  const stalled = (): Promise<unknown> =>
    new Promise((resolve) => {
      answer = (request, response) => {
        response.once('close', resolve);
        stall(request, response);
      };
    });

  it('can be cancelled by the import', async () => {
    const closed = stalled();
    const importing = client.datasets.import('cancelled', { url: origin }).catch(({ code }) => code);
    const open = await vi.waitFor(async () => {
      const { imports } = await client.datasets.imports();
      const found = imports.find(({ name, bytes }) => name === 'cancelled' && bytes > 0);
      expect(found).toMatchObject({ state: 'uploading', totalBytes: archive.length });
      return found as ImportStatus;
    }, 20_000);
    await client.datasets.cancelImport(open.id);
    expect(await importing).toBe('import_cancelled');
    await closed;
    expect(await leftovers()).toEqual([]);
  });

  it('ends when the client closes the connection', async () => {
    const closed = stalled();
    const gone = new AbortController();
    const importing = client.datasets.import('gone', { url: origin }, { signal: gone.signal }).catch(() => 'aborted');
    await vi.waitFor(() => expect(requests).toHaveLength(1), 20_000);
    gone.abort();
    expect(await importing).toBe('aborted');
    await closed;
    await vi.waitFor(async () => expect(await leftovers()).toEqual([]), 20_000);
  });
});
