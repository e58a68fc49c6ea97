/** Signal of a request whose client has left. */
import { once } from 'node:events';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { callerOf } from '../../../src/api/http/client-key.js';

it('has aborted if the client closed the connection before anybody asked for the signal', async () => {
  const app = fastify();
  const client = new AbortController();
  const hasAborted = new Promise<boolean>((resolve) => {
    app.get('/', async (request, reply) => {
      const closed = once(reply.raw, 'close');
      client.abort();
      await closed;
      resolve(callerOf(request, reply).signal.aborted);
      return '';
    });
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  await expect(fetch(address, { signal: client.signal })).rejects.toThrow();
  expect(await hasAborted).toBe(true);
  await app.close();
});
