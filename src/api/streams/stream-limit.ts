/** Limit of open streams, per client and in total. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createPacer } from '../../concurrency/event-loop-pacer.js';
import { TrainyardError } from '../../errors/errors.js';
import { clientOf } from '../http/client-key.js';

export type StreamLimits = Readonly<{ perClient: number; total: number }>;

/** Streams opened before yielding to the event loop: each takes up to 1 ms, and a client may open a thousand at once. */
const OPENED_PER_YIELD = 4;

/** Defaults of `FOLLOWERS_PER_CLIENT` and `FOLLOWERS_MAX`. */
export const STREAM_LIMITS: StreamLimits = { perClient: 256, total: 1_024 };

/** Returns an `onRequest` hook that counts a stream until its connection closes, and refuses it at the limit before reading anything. */
export function createStreamLimit({ perClient, total }: StreamLimits) {
  const open = new Map<string, number>();
  let all = 0;
  const pace = createPacer(OPENED_PER_YIELD);

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
        `This client has ${own} open streams, the limit of the setting FOLLOWERS_PER_CLIENT. Close one first, or follow up to 100 jobs on one WebSocket at /metrics.`,
      );
    if (all >= total)
      throw new TrainyardError(
        'unavailable',
        `${all} streams are open, the limit of the setting FOLLOWERS_MAX. Try again in a moment.`,
      );
    all += 1;
    open.set(client, own + 1);
    connection.once('close', () => leave(client));
  };
}

export type StreamLimit = ReturnType<typeof createStreamLimit>;
