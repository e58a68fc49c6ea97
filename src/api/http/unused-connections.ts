/** Closes connections without a request when the service stops. Browsers open some in advance, and Node.js waits for them. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Time in which a connection that arrives during the stop must begin a request, in ms. */
const GRACE_MS = 1_000;

/**
 * Lets `app.close()` end although clients hold connections on which no request has begun. A connection stays open until the request on it is
 * answered. Fastify itself closes connections between two requests.
 */
export function closeUnusedConnections(app: FastifyInstance): void {
  const unused = new Set<Socket>();
  let isClosing = false;
  const close = (socket: Socket): void => {
    if (unused.has(socket)) socket.destroy();
  };
  const noteRequest = ({ socket }: IncomingMessage): void => void unused.delete(socket);
  app.server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
    if (isClosing) setTimeout(close, GRACE_MS, socket).unref();
  });
  app.server.on('request', noteRequest).on('upgrade', noteRequest);
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of unused) socket.destroy();
  });
}
