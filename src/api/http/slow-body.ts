/** Gives up bodies that come too slowly: below a floor rate, or not whole in time. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TrainyardError } from '../../errors/errors.js';

export type BodyPace = Readonly<{
  /** A body that is no upload must be whole after this long, in ms. */
  timeoutMs: number;
  /** Least bytes per second, in every window of `windowMs`. */
  leastRate: number;
  windowMs: number;
}>;

/** 1 KiB a second in every ten seconds: a thirtieth of a modem's rate, and a hundred times what holds a connection open. */
export const BODY_PACE: BodyPace = { timeoutMs: 120_000, leastRate: 1_024, windowMs: 10_000 };

/** Answers 408 when a body is too slow, whatever route it is for, and closes its connection. */
export function giveUpSlowBodies(app: FastifyInstance, pace: BodyPace): void {
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
    const error = new TrainyardError('request_timeout', `The body ${how}: send it again, and faster.`);
    reply.header('connection', 'close').send(error);
  };

  let seen = raw.socket.bytesRead;
  const window = setInterval(() => {
    const { bytesRead } = raw.socket;
    const came = bytesRead - seen;
    seen = bytesRead;
    // A full buffer waits for this service, not for the client.
    if (came >= leastBytes || raw.readableLength >= raw.readableHighWaterMark) return;
    giveUp(`came more slowly than ${leastRate} bytes per second for ${windowMs / 1000} s`);
  }, windowMs);
  const whole =
    routeOptions.config?.isUpload === true
      ? undefined
      : setTimeout(() => giveUp(`was not there within ${timeoutMs / 1000} s`), timeoutMs);
  const end = (): void => {
    clearInterval(window);
    clearTimeout(whole);
  };
  raw.once('end', end).once('close', end);
}
