/** Descriptions of Redis faults in errors and logs, without secrets. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TrainyardError } from '../../src/errors/errors.js';
import { connectRedis, disconnect, onRedis, whenReady } from '../../src/events/index.js';
import { captureLog } from '../support/capture-log.js';
import { startFakeRedis } from '../support/fake-redis.js';
import { freePort } from '../support/free-port.js';
import { startRedis } from '../support/redis.js';

const SECRET = 'secret-word';
/** Terms of libraries, which must not appear. */
const JARGON = /writeable|offline|ECONN|ENOTFOUND|EAI_|ENOENT|EPROTO|retries per request|is closed\.|ReplyError|byte/i;

let opened: { close(): unknown }[];
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
});

/** Sends commands until one fails with these words. Returns all messages and log lines. */
async function fault(url: string, words: RegExp): Promise<void> {
  const { logger, lines } = captureLog();
  const redis = connectRedis(url, 'commands', logger);
  opened.push({ close: () => disconnect(redis) });
  const said = async (): Promise<string> => {
    const error = await onRedis(() => redis.set('trainyard:probe', '1')).catch((cause: unknown) => cause);
    if (!(error instanceof TrainyardError)) return String(error);
    return error.code === 'redis_unavailable' ? error.message : error.code;
  };
  await expect.poll(said, { timeout: 20_000, interval: 50 }).toMatch(words);
  expect(await said()).not.toMatch(JARGON);
  expect(await said()).not.toContain('Send the request again'); // workers log it too
  const logged = JSON.stringify(lines.map(({ msg, reason }) => [msg, reason]));
  expect(logged).not.toMatch(JARGON);
  expect(logged + (await said())).not.toContain(SECRET);
}

/** Starts a server with a password. `at` returns its address with given credentials. */
async function guarded() {
  const server = await startRedis({ onPort: true });
  opened.push(server);
  const { port, password } = new URL(server.url);
  const admin = connectRedis(server.url, 'commands', captureLog().logger);
  opened.push({ close: () => disconnect(admin) });
  await whenReady(admin, 10_000);
  return { admin, password, at: (login: string, path = '') => `redis://${login}127.0.0.1:${port}${path}` };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ close: () => server.close() });
  return (server.address() as AddressInfo).port;
}

describe('a Redis that cannot be used is described if it', () => {
  test('refuses the password', async () => {
    const { at } = await guarded();
    await fault(at(`:${SECRET}@`), /Redis refuses the password/);
    await fault(at(`nobody:${SECRET}@`), /Redis refuses the password/);
    await fault(at(''), /Redis requires a password/);
  });

  test('gives its user too few rights', async () => {
    const { admin, at } = await guarded();
    await admin.call('ACL', 'SETUSER', 'reader', 'on', `>${SECRET}`, '~trainyard:*', '&*', '+@all', '-set');
    await fault(at(`reader:${SECRET}@`), /the user of REDIS_URL lacks the right to use the command SET/);
    await admin.call('ACL', 'SETUSER', 'other', 'on', `>${SECRET}`, '~other:*', '&*', '+@all');
    await fault(at(`other:${SECRET}@`), /lacks the right to use keys or channels that begin with trainyard:/);
  });

  test('is out of memory, a replica, without replicas or full of clients', async () => {
    const { admin, password, at } = await guarded();
    const set = (...pair: string[]) => admin.config('SET', ...(pair as [string, string]));
    const url = at(`:${password}@`);
    await set('maxmemory', '1');
    await fault(url, /Redis is out of memory and refuses writes/);
    await set('maxmemory', '0');
    await set('min-replicas-to-write', '1');
    await fault(url, /Redis refuses writes because too few replicas/);
    await set('min-replicas-to-write', '0');
    await admin.call('REPLICAOF', '127.0.0.1', String(await freePort()));
    await fault(url, /read-only replica: REDIS_URL must lead to the primary/);
    await admin.call('REPLICAOF', 'NO', 'ONE');
    await set('maxclients', '1');
    await fault(url, /its limit on clients/);
  });

  test('has no database with that number', async () => {
    const { password, at } = await guarded();
    await fault(at(`:${password}@`, '/99'), /no database with the number in REDIS_URL/);
  });

  test('does not exist', async () => {
    const port = await freePort();
    await fault(`redis://:${SECRET}@127.0.0.1:${port}`, new RegExp(`nothing listens at 127\\.0\\.0\\.1:${port}`));
    await fault('unix:///no/such/redis.sock', /there is no socket at \/no\/such\/redis\.sock/);
    await fault(`redis://:${SECRET}@no-such-host.invalid:6379`, /no-such-host\.invalid .*does not resolve/);
  });

  test('is another program, or does not match the TLS setting of the URL', async () => {
    const http = await listen(createHttpServer());
    await fault(`redis://127.0.0.1:${http}`, /does not use the protocol of Redis/);
    const { password, at } = await guarded();
    await fault(at(`:${password}@`).replace('redis:', 'rediss:'), /TLS.*REDIS_URL must begin with redis:/);
    const tls = await listen(createTlsServer());
    await fault(`redis://127.0.0.1:${tls}`, /uses TLS, REDIS_URL must begin with rediss:/);
  });

  test.each([
    ['-LOADING Redis is loading the dataset in memory', /is loading its data/],
    ['-MISCONF Errors writing to the AOF file: No space left on device', /cannot write to its disk and refuses writes/],
    ['-MASTERDOWN Link with MASTER is down', /has lost its primary/],
    ['-MOVED 866 10.0.0.1:6379', /runs as a cluster/],
    ['-ERR upstream failure', /Redis answers with an error: ERR upstream failure/],
    [`-ERR unknown command 'AUTH', with args beginning with: '${SECRET}' `, /does not know the command AUTH/],
    [`-ERR what is ${SECRET}`, /Redis answers with an error: ERR what is …/],
  ])('answers %s', async (answer, words) => {
    const server = await startFakeRedis(answer);
    opened.push(server);
    await fault(`redis://:${SECRET}@127.0.0.1:${server.port}`, words);
  });
});
