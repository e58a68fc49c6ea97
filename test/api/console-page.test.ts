/** Files of the console and the index at /. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consolePage } from '../../src/api/console-page.js';
import { sendProblem } from '../../src/api/http/problem-response.js';
import { rootRoutes } from '../../src/api/routes/root.js';

const PAGE = '<!doctype html><head><base href="./" /><script type="module" src="./assets/index-abc.js"></script>';
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let folder: string;
let app: FastifyInstance;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), PAGE);
  await writeFile(join(folder, 'assets/index-abc.js'), 'plain');
  await writeFile(join(folder, 'assets/index-abc.js.br'), 'brotli');
  await writeFile(join(folder, 'assets/index-abc.js.gz'), 'gzip');
  app = fastify({ routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true } });
  app.setErrorHandler(sendProblem);
  await consolePage(app, { folder });
  await app.register(rootRoutes);
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

describe('the console', () => {
  it.each([
    ['/ui/', './'],
    ['/ui/jobs', './'],
    ['/ui/jobs/', '../'],
    ['/ui/jobs/new?from=a/b', '../'],
    ['/ui/models/digits/3', '../../'],
    ['/ui//jobs', '../'],
  ])('answers %s with the page and the base %s', async (url, base) => {
    const { statusCode, body, headers } = await get(url);
    expect(statusCode).toBe(200);
    expect(body).toContain(`<base href="${base}" />`);
    expect(new URL(base, `http://host${url}`).pathname.replaceAll(/\/+/g, '/')).toBe('/ui/');
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*require-trusted-types-for 'script'/);
  });

  it('answers 304 to the page that the browser has', async () => {
    const { etag } = (await get('/ui/jobs')).headers;
    expect((await get('/ui/jobs', { 'if-none-match': `"other", W/${etag}` })).statusCode).toBe(304);
    expect((await get('/ui/jobs/new', { 'if-none-match': String(etag) })).statusCode).toBe(200);
  });

  it('redirects /ui relatively', async () => {
    expect((await get('/ui?a=b')).headers.location).toBe('ui/?a=b');
  });

  it.each([
    ['br, gzip', 'brotli'],
    ['gzip', 'gzip'],
    ['', 'plain'],
  ])('sends files to clients that accept "%s" as %s', async (accepted, body) => {
    const answer = await get('/ui/assets/index-abc.js', { 'accept-encoding': accepted });
    expect(answer.body).toBe(body);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toMatch(/^application\/javascript/);
    expect(answer.headers.vary?.toLowerCase()).toBe('accept-encoding');
  });

  it.each(['/ui/assets/index-old.js', '/ui/favicon.ico', '/ui/jobs/x.png', '/ui/assets/..%2Findex.html'])(
    'has no file %s',
    async (url) => {
      expect((await get(url)).statusCode).toBe(404);
    },
  );

  it('says what to do if it is not built', async () => {
    const other = fastify();
    await consolePage(other, { folder: join(folder, 'missing') });
    const { statusCode, body } = await other.inject('/ui/jobs');
    expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run setup')]);
    await other.close();
  });
});

describe('GET /', () => {
  it('sends browsers to the console, relatively', async () => {
    const { statusCode, headers } = await get('/', BROWSER);
    expect([statusCode, headers.location, headers.vary]).toEqual([302, 'ui/', 'accept']);
  });

  it.each([{}, { accept: 'application/json' }, { accept: '*/*' }, { accept: 'application/json, text/html;q=0' }])(
    'answers programs that send %o with the index',
    async (headers) => {
      const answer = await get('/', headers as Record<string, string>);
      expect(answer.json()).toMatchObject({ name: 'trainyard', links: { console: 'ui/', openapi: 'openapi.yaml' } });
      expect(answer.headers.vary).toBe('accept');
    },
  );
});
