/** HTTP server that receives webhook messages, stores them, and answers as a test says. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { WebhookMessage } from '../../src/contracts/jobs/webhook.js';

export type Received = Readonly<{ headers: IncomingHttpHeaders; body: string; message: WebhookMessage }>;

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;

/** Opens a receiver. `answer` returns the status for the n-th request, counted from 1; 0 means no answer. */
export async function openReceiver(answer: (n: number) => number = () => 204) {
  const received: Received[] = [];
  const arrivals = new EventEmitter();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    received.push({ headers: request.headers, body, message: JSON.parse(body) as WebhookMessage });
    const status = answer(received.length);
    if (status >= 300 && status < 400) response.setHeader('location', `http://127.0.0.1:1/`);
    if (status > 0) response.writeHead(status).end();
    arrivals.emit('message');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    port: (server.address() as AddressInfo).port,
    received: received as readonly Received[],
    /** Resolves once this many messages have arrived. */
    async count(messages: number): Promise<void> {
      while (received.length < messages) await once(arrivals, 'message', { signal: AbortSignal.timeout(20_000) });
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
