/** Key of the client that sent a request: limits per client count by it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressKey } from '../../concurrency/address-key.js';
import type { Caller } from '../../concurrency/fair-limit.js';
import { TrainyardError } from '../../errors/errors.js';

/** Returns the key of the client that sent a request: its IPv4 address, or the /64 network of its IPv6 address. */
export const clientOf = ({ ip }: Pick<FastifyRequest, 'ip'>): string => addressKey(ip);

/** Returns the client of a request, with a signal that aborts if the client closes, or has closed, the connection before the answer. */
export function callerOf(request: FastifyRequest, reply: FastifyReply): Caller {
  const gone = new AbortController();
  const note = (): void => {
    if (!reply.raw.writableFinished) gone.abort(new TrainyardError('client_gone', 'The client closed the connection.'));
  };
  if (reply.raw.destroyed) note();
  else reply.raw.once('close', note);
  return { client: clientOf(request), signal: gone.signal };
}
