/** A proxy in front of the service: with a path prefix, uploads that break off, or answers of its own. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Read at each request, so that a test may change them. */
export type ProxyRules = {
  /** Path under which the service is. */
  prefix?: string;
  /** Bytes of an upload after which the connection breaks. */
  cutAfterBytes?: number;
  /** Called for each request. Returns whether it has answered. */
  answer?: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;
};

export type ServiceProxy = Readonly<{ address: string; close(): void }>;

/** Starts a proxy in front of the service at `target()`. */
export async function startProxy(target: () => string, rules: ProxyRules): Promise<ServiceProxy> {
  const server = createServer((incoming, outgoing) => {
    const { prefix = '', cutAfterBytes } = rules;
    if (rules.answer?.(incoming, outgoing)) return;
    const path = incoming.url ?? '';
    if (!path.startsWith(`${prefix}/`)) return void outgoing.writeHead(404).end();
    const url = new URL(path.slice(prefix.length), target());
    const { method, headers } = incoming;
    const forward = request(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(forward);
    if (cutAfterBytes === undefined || method !== 'PUT') return;
    let received = 0;
    incoming.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
      if (received <= cutAfterBytes) return;
      incoming.socket.destroy();
      forward.destroy();
    });
  });
  return { address: await listen(server), close: () => closeNow(server) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closeNow(server: Server): void {
  server.closeAllConnections();
  server.close();
}
