/** Stop of a server whose clients hold connections without a request. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeUnusedConnections } from '../../../src/api/http/unused-connections.js';

describe('a server that stops', () => {
  let app: FastifyInstance;
  let release: () => void;

  beforeEach(async () => {
    app = fastify();
    closeUnusedConnections(app);
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    app.get('/', async () => 'ok');
    app.get('/held', async () => {
      await held;
      return 'ok';
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterEach(() => app.close());

  /** Opens a connection, and resolves when the server has it. */
  async function open(server = app): Promise<Socket> {
    const [, port] = server.listeningOrigin.match(/:(\d+)$/) ?? [];
    const arrived = once(server.server, 'connection');
    const socket = connect(Number(port), '127.0.0.1');
    await arrived;
    return socket.on('error', () => {}); // a reset counts as closed
  }

  const closeOf = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

  it('closes a connection that has sent nothing', { timeout: 10_000 }, async () => {
    const socket = await open();
    const closed = closeOf(socket);
    await app.close();
    await closed;
  });

  it('closes a connection whose headers have not arrived completely', { timeout: 10_000 }, async () => {
    const socket = await open();
    const closed = closeOf(socket);
    await new Promise<void>((resolve) => socket.write('GET / HTTP/1.1\r\nHost: here\r\n', () => resolve()));
    await app.close();
    await closed;
  });

  it('closes a connection that waits for its next request', { timeout: 10_000 }, async () => {
    const socket = await open();
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await once(socket, 'data');
    const closed = closeOf(socket);
    await app.close();
    await closed;
  });

  it('still answers a request that has begun', { timeout: 10_000 }, async () => {
    const socket = await open();
    const begun = once(app.server, 'request');
    socket.write('GET /held HTTP/1.1\r\nHost: here\r\n\r\n');
    await begun;
    const closing = app.close();
    release();
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
    await closing;
  });

  it('closes a connection that arrives while it stops and sends nothing', { timeout: 10_000 }, async () => {
    const slow = fastify();
    closeUnusedConnections(slow);
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stopping = new Promise<void>((resolve) => {
      slow.addHook('preClose', () => {
        resolve();
        return held; // the server still accepts connections
      });
    });
    await slow.listen({ host: '127.0.0.1', port: 0 });
    const closing = slow.close();
    await stopping;
    const closed = closeOf(await open(slow));
    release();
    await closing;
    await closed;
  });
});
