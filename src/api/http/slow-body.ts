/** Answers 408 if a request body arrives too slowly: below a least rate, or not completely in time. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';

export type BodyPace = Readonly<{
  /** Time in which a body must arrive completely, in ms. Uploads have no such limit. */
  timeoutMs: number;
  /** Minimum number of bytes per second in every window of `windowMs`. */
  leastRate: number;
  windowMs: number;
}>;

/** 1 KiB per second: slower than any working connection, and 100 times what a client needs to hold a connection open. */
export const BODY_PACE: BodyPace = { timeoutMs: 120_000, leastRate: 1_024, windowMs: 10_000 };

/** Watches the request bodies of all routes; answers 408 and closes the connection if one is too slow. */
export function refuseSlowBodies(app: FastifyInstance, pace: BodyPace): void {
  app.addHook('onRequest', async (request, reply) => {
    const { headers } = request;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
    watch(request, reply, pace);
  });
}

function watch(request: FastifyRequest, reply: FastifyReply, { timeoutMs, leastRate, windowMs }: BodyPace): void {
  const { raw, routeOptions } = request;
  const leastBytes = (leastRate * windowMs) / 1000;
  const giveUp = (how: string): void => {
    end();
    if (raw.complete) return;
    if (reply.sent) {
      raw.socket.destroy();
      return;
    }
    const error = new TrainyardError('request_timeout', `The body ${how}: send it again over a faster connection.`);
    reply.header('connection', 'close').send(error);
  };

  let bytesBefore = raw.socket.bytesRead;
  const window = setInterval(() => {
    const { bytesRead } = raw.socket;
    const received = bytesRead - bytesBefore;
    bytesBefore = bytesRead;
    // If the buffer is full, the service is slow and not the client.
    if (received >= leastBytes || raw.readableLength >= raw.readableHighWaterMark) return;
    giveUp(`arrived more slowly than ${leastRate} bytes per second for ${windowMs / 1000} s`);
  }, windowMs);
  const timeout =
    routeOptions.config?.isUpload === true
      ? undefined
      : setTimeout(() => giveUp(`did not arrive within ${timeoutMs / 1000} s`), timeoutMs);
  const end = (): void => {
    clearInterval(window);
    clearTimeout(timeout);
  };
  raw.once('end', end).once('close', end);
}
