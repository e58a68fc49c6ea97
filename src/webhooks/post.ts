/** One POST to a webhook: checks the address at the moment of connecting, follows no redirect, and ends after some seconds. */
import type { LookupAddress } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { WebhookNetworks } from '../contracts/jobs/webhook.js';
import { refuseAddress } from './address.js';
import type { Crowd } from './crowd.js';
import type { Lookup } from './lookup.js';

export type Post = Readonly<{
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** For everything, from the lookup of the name to the head of the answer. */
  timeoutMs: number;
  networks: WebhookNetworks;
  lookup: Lookup;
  crowd: Crowd;
}>;

/** Returns the status of the answer; its body is not read. Throws if there is none, and `CrowdedError`. */
export async function post(options: Post): Promise<number> {
  const { url, timeoutMs, networks, lookup, crowd } = options;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = await Promise.race([lookup(host), rejection(late.signal)]);
    const refusal = addresses.map(({ address }) => refuseAddress(address, networks)).find((each) => each !== undefined);
    const [first] = addresses;
    if (refusal !== undefined || first === undefined) throw new Error(refusal ?? `${host} has no address`);
    const leave = crowd.enter(first.address);
    try {
      return await send(options, addresses, late.signal);
    } finally {
      leave();
    }
  } finally {
    clearTimeout(timer);
  }
}

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

function send({ url, headers, body }: Post, addresses: LookupAddress[], signal: AbortSignal): Promise<number> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
    const sending = request(url, { ...options, agent: false, lookup: answerWith(addresses) }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    signal.addEventListener('abort', () => sending.destroy(signal.reason), { once: true });
    // Errors that come after the answer are nobody's any more.
    sending.on('error', reject);
    sending.end(body);
  });
}

/** Connects to the addresses that were checked: by now the name may lead elsewhere. */
const answerWith =
  (addresses: LookupAddress[]): LookupFunction =>
  (_, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
