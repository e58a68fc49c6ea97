/** Downloads from addresses that a client chose: redirects, private networks, cut connections, limits. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkDownloadUrl, type DownloadRules, download } from '../../src/outbound/file-download.js';

const FILE = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) & 255));
const HALF = 100_000;
const ETAG = '"v1"';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let origin: string;
let folder: string;
let answers: Answer[] = [];
let requests: IncomingMessage[] = [];
/** Called when the download has stored bytes. */
let onStored = (): void => undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-download-'));
  requests = [];
  onStored = () => undefined;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rules: DownloadRules = {
  networks: 'any',
  lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  pauseMs: 1,
};

async function fetchFile(
  path: string,
  options: Partial<DownloadRules> & { maxBytes?: number; signal?: AbortSignal; url?: string } = {},
): Promise<Buffer> {
  const { maxBytes = 2 ** 20, signal = new AbortController().signal, url = origin + path, ...own } = options;
  const target = join(folder, 'file');
  const task = { url, path: target, maxBytes, limitSetting: 'MAX_X', signal, onBytes: () => onStored() };
  const size = await download(task, { ...rules, ...own });
  const content = await readFile(target);
  expect(content.length).toBe(size);
  return content;
}

const whole: Answer = (_, response) => response.writeHead(200, { 'content-length': FILE.length, etag: ETAG }).end(FILE);
/** Sends half of the file, and closes the connection when the download has stored some of it. */
const cutOff: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': FILE.length, etag: ETAG });
  response.write(FILE.subarray(0, HALF));
  onStored = () => response.destroy();
};
/** Sends the bytes that the request asks for. */
const rest: Answer = ({ headers: { range = '' } }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? HALF);
  response
    .writeHead(206, { 'content-range': `bytes ${from}-${FILE.length - 1}/${FILE.length}`, etag: ETAG })
    .end(FILE.subarray(from));
};
const redirect =
  (location: string): Answer =>
  (_, response) =>
    response.writeHead(302, { location }).end();
const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end('no');

const digest = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

describe('a download', () => {
  it('writes the file at an address', async () => {
    answers = [whole];
    expect(digest(await fetchFile('/a.pth'))).toBe(digest(FILE));
    expect(requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
  });

  it('writes a file whose length is not announced', async () => {
    answers = [(_, response) => response.writeHead(200).end(FILE)];
    expect(digest(await fetchFile('/a.pth'))).toBe(digest(FILE));
  });

  it('continues where it was cut off, if the file is the same', async () => {
    answers = [cutOff, rest];
    expect(digest(await fetchFile('/a.pth'))).toBe(digest(FILE));
    expect(requests[1]?.headers).toMatchObject({ 'if-range': ETAG });
    expect(requests[1]?.headers.range).toMatch(/^bytes=\d+-$/);
  });

  it('begins again if the server has another file meanwhile, or cannot continue', async () => {
    answers = [cutOff, whole];
    expect(digest(await fetchFile('/a.pth'))).toBe(digest(FILE));
    expect(requests).toHaveLength(2);
  });

  it('tries three times if the server has a fault, and then says which', async () => {
    answers = [status(503)];
    await expect(fetchFile('/a.pth?token=secret')).rejects.toMatchObject({
      code: 'download_failed',
      message: `${origin}/a.pth cannot be downloaded: it answered with the status 503. Check the URL, or send the file itself.`,
    });
    expect(requests).toHaveLength(3);
  });

  it.each([401, 404, 304])('is refused at once with the status %i', async (code) => {
    answers = [status(code)];
    await expect(fetchFile('/a.pth')).rejects.toThrow(`it answered with the status ${code}`);
    expect(requests).toHaveLength(1);
  });

  it('is refused if the answer is a part that was not asked for, or compressed', async () => {
    answers = [rest];
    await expect(fetchFile('/a.pth')).rejects.toThrow('status 206');
    answers = [(_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x')];
    await rm(join(folder, 'file'));
    await expect(fetchFile('/a.pth')).rejects.toThrow('compressed with br');
  });

  it('is refused if the file is too large, announced or not', async () => {
    for (const answer of [whole, ((_, response) => response.writeHead(200).end(FILE)) as Answer]) {
      answers = [answer];
      await expect(fetchFile('/a.pth', { maxBytes: 2 ** 16 })).rejects.toMatchObject({
        code: 'payload_too_large',
        message: 'The file at the URL is larger than 0.0625 MiB, the limit of the setting MAX_X.',
      });
      await rm(join(folder, 'file'));
    }
  });

  it('ends with the reason of its signal, while it waits for the answer and while it reads', async () => {
    const silent: Answer = () => undefined;
    const half: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': FILE.length });
      response.write(FILE.subarray(0, HALF));
    };
    for (const answer of [silent, half]) {
      const abort = new AbortController();
      answers = [
        (request, response) => {
          answer(request, response);
          abort.abort(new Error('gone'));
        },
      ];
      await expect(fetchFile('/a.pth', { signal: abort.signal })).rejects.toThrow('gone');
      await rm(join(folder, 'file'));
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails if the server sends nothing for too long', async () => {
    answers = [() => undefined];
    await expect(fetchFile('/a.pth', { stallMs: 20 })).rejects.toThrow(/it sent nothing for 0.02 s|timeout/);
    expect(requests).toHaveLength(3);
  });
});

describe('a redirect', () => {
  it('is followed, relative ones too', async () => {
    answers = [redirect('/b'), redirect(`${origin}/c`), whole];
    expect(digest(await fetchFile('/a'))).toBe(digest(FILE));
    expect(requests.map(({ url }) => url)).toEqual(['/a', '/b', '/c']);
  });

  it('is refused after five hops', async () => {
    answers = [redirect('/again')];
    await expect(fetchFile('/a')).rejects.toThrow('it redirects more than 5 times');
    expect(requests).toHaveLength(6);
  });

  it.each([
    [
      'a metadata service',
      'http://169.254.169.254/latest/',
      /169\.254\.169\.254 is a link-local, metadata or reserved address/,
    ],
    ['a mapped address', 'http://[::ffff:a9fe:a9fe]/', /is a link-local/],
    ['a file of this machine', 'file:///etc/passwd', /must begin with https:\/\/, not file:/],
    ['a user name', 'https://me:secret@example.com/', /must not contain a user name/],
  ])('to %s is refused', async (_, location, sentence) => {
    answers = [redirect(location)];
    await expect(fetchFile('/a', { networks: 'private' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(sentence),
      errors: [{ pointer: '/weights/url' }],
    });
    expect(requests).toHaveLength(1);
  });

  it('is refused if the name of its host leads to a link-local address, whatever it led to before', async () => {
    answers = [redirect(`http://rebound.example:${new URL(origin).port}/b`)];
    const lookup = async (host: string) => [
      { address: host === 'rebound.example' ? '169.254.169.254' : '127.0.0.1', family: 4 },
    ];
    await expect(fetchFile('/a', { networks: 'private', lookup })).rejects.toThrow(
      /rebound\.example.*169\.254\.169\.254/,
    );
    expect(requests).toHaveLength(1);
  });

  it('connects to the addresses that were checked, not to those of a second lookup', async () => {
    answers = [whole];
    let lookups = 0;
    const lookup = async () => [{ address: lookups++ === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    const url = `http://weights.example:${new URL(origin).port}/a`;
    expect(digest(await fetchFile('/a', { url, lookup, networks: 'private' }))).toBe(digest(FILE));
    expect(lookups).toBe(1);
  });
});

describe('an address', () => {
  it.each([
    ['https://example.com/a.pth', undefined],
    ['http://example.com/a.pth', 'must begin with https://, not http://'],
    ['ftp://example.com/a.pth', 'must begin with https://, not ftp://'],
    ['https://127.0.0.1/a.pth', 'is not allowed: 127.0.0.1 is in a private network'],
    ['https://[::1]/a.pth', 'is not allowed: ::1 is in a private network'],
    ['https://me@example.com/', 'must not contain a user name or password'],
    ['resnet18.pth', 'is not a URL'],
  ])('is checked before anything is sent: %s', (url, fault) => {
    expect(checkDownloadUrl(url, 'public')).toBe(fault);
  });

  it('may be plain http if private networks are allowed', () => {
    expect(checkDownloadUrl('http://10.0.0.7/a.pth', 'private')).toBeUndefined();
  });
});
