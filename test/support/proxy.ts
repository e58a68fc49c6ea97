/** A way to a test's Redis that can go silent, lose an answer or be cut, as a network does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestRedis } from './redis.js';

export type RedisProxy = Awaited<ReturnType<typeof openProxy>>;

/** To a server that listens on a socket. */
export async function openProxy(server: Pick<TestRedis, 'url'>) {
  const path = server.url.replace('unix://', '');
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  /** The next answer that follows a command with this text is lost, and the connection with it. */
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
    /** The connections there are stay open and carry nothing more; new ones do. */
    silence(): void {
      for (const sockets of pairs) for (const socket of sockets) socket.removeAllListeners('data').pause();
    },
    /** Neither the connections there are nor new ones carry anything, until the way is mended: then what was sent meanwhile arrives. */
    cut(): void {
      isCut = true;
      for (const sockets of pairs) for (const socket of sockets) socket.pause();
    },
    mend(): void {
      isCut = false;
      for (const sockets of pairs) for (const socket of sockets) socket.resume();
    },
    /** Redis does the next command with this text; its answer does not arrive, and the connection is lost. */
    loseAnswerTo(text: string): void {
      awaited = text;
    },
    /** Whether that has happened. */
    hasLost: (): boolean => awaited === undefined,
    async close(): Promise<void> {
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
