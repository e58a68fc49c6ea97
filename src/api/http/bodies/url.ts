/** URLs whose bytes are no text: a value that cannot be read must not be stored as something else. */
import type { FastifyInstance } from 'fastify';
import { TrainyardError } from '../../../errors/errors.js';

/** Refuses URLs with bytes that are not ASCII, and queries whose percent-encoding is not UTF-8. Fastify refuses such paths. */
export function refuseStrangeUrls(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw: { url = '' } }) => {
    if (/[^\x21-\x7e]/.test(url))
      throw refusal('The URL has bytes that are not ASCII: percent-encode the text as UTF-8.');
    const strange = url
      .slice(url.indexOf('?') + 1)
      .split(/[&=]/)
      .find((part) => !isDecodable(part));
    if (strange === undefined) return;
    throw refusal(
      `The percent-encoding of "${strange.slice(0, 100)}" in the query is not UTF-8: encode the text as UTF-8.`,
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
