/** One POST to a webhook. Checks the address when it connects, follows no redirect, and has a time limit. */
import type { LookupAddress } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { WebhookNetworks } from '../contracts/jobs/webhook.js';
import type { AddressLimit } from './address-limit.js';
import { refuseAddress } from './allowed-addresses.js';
import type { Lookup } from './lookup.js';

export type Post = Readonly<{
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Limit from the lookup of the name to the head of the answer. */
  timeoutMs: number;
  networks: WebhookNetworks;
  lookup: Lookup;
  addressLimit: AddressLimit;
}>;

/** Returns the status of the answer without reading its body. Throws if there is no answer, and `AddressBusyError`. */
export async function post(options: Post): Promise<number> {
  const { url, timeoutMs, networks, lookup, addressLimit } = options;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = await Promise.race([lookup(host), rejection(late.signal)]);
    const refusal = addresses.map(({ address }) => refuseAddress(address, networks)).find((each) => each !== undefined);
    const [first] = addresses;
    if (refusal !== undefined || first === undefined) throw new Error(refusal ?? `${host} has no address`);
    const leave = addressLimit.enter(first.address);
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
    // After the answer, this listener stays, so that a late error does not end the process.
    sending.on('error', reject);
    sending.end(body);
  });
}

/** Connects to the addresses that were checked. A second lookup of the name could return others. */
const answerWith =
  (addresses: LookupAddress[]): LookupFunction =>
  (_, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
