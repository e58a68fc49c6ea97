/** TCP proxy in front of a test's Redis that can go silent, lose an answer or be cut, as a network can. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestRedis } from './redis.js';

export type RedisProxy = Awaited<ReturnType<typeof openProxy>>;

/** Opens a proxy to a server that listens on a Unix socket. */
export async function openProxy(server: Pick<TestRedis, 'url'>) {
  const path = server.url.replace('unix://', '');
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  /** After a command with this text, the proxy drops the next answer and the connection. */
  let awaited: string | undefined;

  const listener = createServer((client) => {
    const upstream = connect(path);
    const pair = [client, upstream] as const;
    let isLosing = false;
    pairs.add(pair);
    if (isCut) for (const socket of pair) socket.pause();
    client.on('data', (chunk) => {
      if (awaited !== undefined && chunk.includes(awaited)) {
        awaited = undefined;
        isLosing = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => (isLosing ? client.destroy() : client.write(chunk)));
    for (const [one, other] of [pair, [upstream, client] as const]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    url: `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    /** Existing connections stay open but carry nothing more; new connections work. */
    silence(): void {
      for (const sockets of pairs) for (const socket of sockets) socket.removeAllListeners('data').pause();
    },
    /** No connection carries anything until `mend`; then everything sent meanwhile arrives. */
    cut(): void {
      isCut = true;
      for (const sockets of pairs) for (const socket of sockets) socket.pause();
    },
    mend(): void {
      isCut = false;
      for (const sockets of pairs) for (const socket of sockets) socket.resume();
    },
    /** Redis runs the next command with this text, but its answer and the connection are lost. */
    loseAnswerTo(text: string): void {
      awaited = text;
    },
    /** Returns whether the answer was lost. */
    hasLost: (): boolean => awaited === undefined,
    async close(): Promise<void> {
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
