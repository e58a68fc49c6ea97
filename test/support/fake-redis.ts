/** Server on a loopback port that gives every Redis command the same answer. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type FakeRedis = Awaited<ReturnType<typeof startFakeRedis>>;

const INFO = '$24\r\nredis_version:8.0.0\r\n\r\n\r\n';

/** Starts the server. `answer` is a complete reply, such as `-LOADING Redis is loading`. With `isReady` it answers INFO normally, so that clients connect. */
export async function startFakeRedis(answer: string, { isReady = false } = {}) {
  const sockets = new Set<Socket>();
  let commands = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      // A command is an array of bulk strings: `*3\r\n$3\r\nSET\r\n…`.
      const names = [...chunk.toString('latin1').matchAll(/^\*\d+\r\n\$\d+\r\n(\w+)\r$/gm)].map(([, name]) => name);
      commands += names.length;
      for (const name of names) socket.write(isReady && name?.toLowerCase() === 'info' ? INFO : `${answer}\r\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    commands: () => commands,
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
