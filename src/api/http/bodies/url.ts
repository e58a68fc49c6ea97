/** Refuses URLs that are not valid text, so that no garbled value is stored. */
import type { FastifyInstance } from 'fastify';
import { TrainyardError } from '../../../errors/errors.js';

/** Refuses URLs with bytes beyond ASCII, and queries whose percent-encoding is not UTF-8. Fastify refuses such paths itself. */
export function refuseUndecodableUrls(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw: { url = '' } }) => {
    if (/[^\x21-\x7e]/.test(url)) throw refusal('The URL has bytes beyond ASCII: percent-encode the text as UTF-8.');
    const undecodable = url
      .slice(url.indexOf('?') + 1)
      .split(/[&=]/)
      .find((part) => !isDecodable(part));
    if (undecodable === undefined) return;
    throw refusal(
      `The percent-encoding of "${undecodable.slice(0, 100)}" in the query is not UTF-8: percent-encode the text as UTF-8.`,
    );
  });
}

function isDecodable(part: string): boolean {
  if (!part.includes('%')) return true;
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

const refusal = (message: string): TrainyardError => new TrainyardError('invalid_request', message);
