/** The client behind a request: what limits per client count by. */
import { isIPv6 } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../concurrency/fair-limit.js';
import { TrainyardError } from '../../errors/errors.js';

/** Groups of an IPv6 address that name a network: a client usually has all addresses of a /64. */
const NETWORK_GROUPS = 4;

/** Returns the key of the client that sent a request: its IPv4 address, or the /64 network of its IPv6 address. */
export const clientOf = ({ ip }: Pick<FastifyRequest, 'ip'>): string => clientKey(ip);

/** Returns the client of a request with a signal that aborts when the client closes the connection before its answer. */
export function callerOf(request: FastifyRequest, reply: FastifyReply): Caller {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished)
      gone.abort(new TrainyardError('client_gone', 'The client has closed the connection.'));
  });
  return { client: clientOf(request), signal: gone.signal };
}

export function clientKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groupsOf = (part: string | undefined) => (part ? part.split(':') : []);
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const zeros = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  const groups = [...before, ...zeros, ...after].slice(0, NETWORK_GROUPS);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
