/** Limit of the streams that are open at the same time, of one client and in all. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createPacer } from '../../concurrency/event-loop-pacer.js';
import { TrainyardError } from '../../errors/errors.js';
import { clientOf } from '../http/client-key.js';

export type StreamLimits = Readonly<{ perClient: number; inAll: number }>;

/** Streams opened in one turn of the event loop: each takes up to a millisecond, and a client may connect a thousand at once. */
const OPENED_PER_TURN = 4;

/** Defaults of `FOLLOWERS_PER_CLIENT` and `FOLLOWERS_MAX`. */
export const STREAM_LIMITS: StreamLimits = { perClient: 256, inAll: 1_024 };

/** Returns an `onRequest` hook that counts a stream until its connection closes, and refuses it before anything is read for it. */
export function createStreamLimit({ perClient, inAll }: StreamLimits) {
  const open = new Map<string, number>();
  let all = 0;
  const pace = createPacer(OPENED_PER_TURN);

  function leave(client: string): void {
    all -= 1;
    const left = (open.get(client) ?? 1) - 1;
    if (left === 0) open.delete(client);
    else open.set(client, left);
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    await pace();
    // A WebSocket has its connection to itself; server-sent events may share one with the requests that follow.
    const connection = request.ws ? request.raw.socket : reply.raw;
    if (connection.destroyed) return;
    const client = clientOf(request);
    const own = open.get(client) ?? 0;
    if (own >= perClient)
      throw new TrainyardError(
        'too_many_requests',
        `You have ${own} streams open, the most for one client. Close one first, or follow up to 100 jobs on one WebSocket at /metrics.`,
      );
    if (all >= inAll)
      throw new TrainyardError(
        'unavailable',
        `${all} streams are open, the most for this service. Try again in a moment.`,
      );
    all += 1;
    open.set(client, own + 1);
    connection.once('close', () => leave(client));
  };
}

export type StreamLimit = ReturnType<typeof createStreamLimit>;
