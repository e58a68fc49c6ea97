/** Console at /ui/: the files that Vite built into dist/console. Every path without a file ending gets the page. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasCode } from '../files/error-codes.js';
import { makePublic } from './access/route-scopes.js';
import { refuseUnknownRoute } from './http/problem-response.js';

const BUILT = fileURLToPath(new URL('../../dist/console', import.meta.url));

/** The page uses files of this service only, runs no inline script, and turns no text into HTML. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>trainyard</title>
<h1>The console is not built</h1>
<p>Run <code>npm run setup</code> in the folder of trainyard, then reload this page. The API works meanwhile: see <a href="../docs">its documentation</a>.</p>
`;

/** Registers the console. `folder`: the built files. */
export async function consolePage(app: FastifyInstance, { folder = BUILT }: { folder?: string } = {}): Promise<void> {
  await app.register(async (scope) => {
    makePublic(scope);
    await scope.register(fastifyStatic, {
      root: `${folder}/assets`,
      prefix: '/ui/assets/',
      decorateReply: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: '365d',
    });
    const schema = { hide: true };
    scope.get('/ui', { schema }, async (request, reply) => sendPage(request, reply, folder));
    scope.get('/ui/*', { schema }, async (request, reply) => sendPage(request, reply, folder));
  });
}

/** Sends the page with a `<base>` for the path of the request, so that its relative addresses hold behind any path prefix. */
async function sendPage(request: FastifyRequest, reply: FastifyReply, folder: string): Promise<FastifyReply> {
  const [path = '', query] = request.url.split(/\?(.*)/s, 2);
  const within = path.slice(path.indexOf('/ui') + '/ui'.length);
  // Relative: a proxy may have removed a prefix of the path.
  if (within === '') return reply.redirect(query === undefined ? 'ui/' : `ui/?${query}`, 302);
  if (/\.[a-z0-9]+$/i.test(within)) return refuseUnknownRoute(request);
  const page = await readFile(`${folder}/index.html`, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  return sendHtml(request, reply.code(page === undefined ? 503 : 200), withBase(page ?? NOT_BUILT, within));
}

/** Sets the address that the page's relative addresses start from. `within`: the path below /ui. */
function withBase(page: string, within: string): string {
  const depth = within.split('/').length - 2;
  return page.replace('<base href="./"', `<base href="${depth === 0 ? './' : '../'.repeat(depth)}"`);
}

function sendHtml(request: FastifyRequest, reply: FastifyReply, html: string): FastifyReply {
  const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`;
  reply.headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'cache-control': 'no-cache',
    etag,
  });
  const isKnown = request.headers['if-none-match']?.split(/\s*,\s*/).some((tag) => tag.replace(/^W\//, '') === etag);
  return isKnown === true && reply.statusCode === 200 ? reply.code(304).send() : reply.send(html);
}
