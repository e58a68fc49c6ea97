/**
 * fetch on `node:http`: starts 100 ms faster than the global one, which compiles an HTTP parser first. It has the parts of fetch that the
 * client uses for calls without a body or with JSON; other calls go to the global fetch.
 */
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';

/** Makes a request. Rejects as fetch does: with the signal's reason, or with a TypeError whose cause is the network's error. */
export const lightFetch: typeof fetch = async (input, init = {}) => {
  const { body, signal } = init;
  if (body !== undefined && body !== null && typeof body !== 'string') return fetch(input, init);
  const url = new URL(String(input));
  const open = await requestOf(url);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const sent = open(url, {
      method: init.method ?? 'GET',
      headers: headersOf(init.headers as Record<string, string>, body),
      ...(signal && { signal }),
    });
    sent.once('response', (message) => resolve(responseOf(message)));
    sent.once('error', (cause) => reject(signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause })));
    sent.end(body ?? undefined);
  });
};

/** Returns the function that makes requests. Loads TLS only for https. */
const requestOf = async ({ protocol }: URL): Promise<typeof request> =>
  protocol === 'https:' ? (await import('node:https')).request : request;

const headersOf = (headers: Record<string, string> = {}, body: string | null | undefined): Record<string, string> => ({
  ...headers,
  ...(typeof body === 'string' && { 'content-length': String(Buffer.byteLength(body)) }),
});

/** Returns the parts of a Response that the client reads. */
function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 0;
  const bytes = async (): Promise<Buffer> => Buffer.concat(await message.toArray());
  const response = {
    status,
    ok: status >= 200 && status < 300,
    headers: {
      get(name: string): string | null {
        const value = message.headers[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    get body() {
      return status === 204 ? null : Readable.toWeb(message);
    },
    text: async () => (await bytes()).toString('utf8'),
    json: async () => JSON.parse((await bytes()).toString('utf8')) as unknown,
    arrayBuffer: bytes,
  };
  return response as unknown as Response;
}
