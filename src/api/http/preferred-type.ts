/** Content negotiation between JSON and another type. */
import type { FastifyReply } from 'fastify';

/** Adds a request header to `Vary`, which the CORS check may have set. */
export function varyBy(reply: FastifyReply, header: string): void {
  const known = reply.getHeader('vary');
  reply.header('vary', known === undefined ? header : `${known}, ${header}`);
}

/** Returns whether an `Accept` header prefers a type, such as `text/csv`, to JSON. */
export function prefersToJson(accept: string | undefined, type: string): boolean {
  if (accept === undefined) return false;
  const quality = qualityOf(accept, [type, type.replace(/\/.*/, '/*')]);
  const ofJson = qualityOf(accept, ['application/json', 'application/*', ...(quality < 1 ? ['*/*'] : [])]);
  return quality > 0 && quality > ofJson;
}

/** Returns the quality of the first range that the header names, 0–1; 0 if it names none. */
function qualityOf(accept: string, ranges: readonly string[]): number {
  const entries = accept.split(',').map((entry) => {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return [type, quality === undefined ? 1 : Number(quality) || 0] as const;
  });
  const found = ranges.map((range) => entries.find(([type]) => type === range)).find((entry) => entry !== undefined);
  return found?.[1] ?? 0;
}
