/** One POST to a webhook. Checks the address when it connects, follows no redirect, and has a time limit. */
import type { LookupAddress } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { OutboundNetworks } from '../contracts/service/outbound-networks.js';
import type { Lookup } from '../outbound/lookup.js';
import { connectTo, resolveHost } from '../outbound/resolve-host.js';
import type { AddressLimit } from './address-limit.js';

export type Post = Readonly<{
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Limit from the lookup of the name to the head of the answer. */
  timeoutMs: number;
  networks: OutboundNetworks;
  lookup: Lookup;
  addressLimit: AddressLimit;
}>;

/** Returns the status of the answer without reading its body. Throws if there is no answer, and `AddressBusyError`. */
export async function post(options: Post): Promise<number> {
  const { url, timeoutMs, networks, lookup, addressLimit } = options;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const addresses = await resolveHost(url, { networks, lookup, signal: late.signal });
    const leave = addressLimit.enter(addresses[0]?.address ?? '');
    try {
      return await send(options, addresses, late.signal);
    } finally {
      leave();
    }
  } finally {
    clearTimeout(timer);
  }
}

function send({ url, headers, body }: Post, addresses: LookupAddress[], signal: AbortSignal): Promise<number> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
    const sending = request(url, { ...options, agent: false, lookup: connectTo(addresses) }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    signal.addEventListener('abort', () => sending.destroy(signal.reason), { once: true });
    // After the answer, this listener stays, so that a late error does not end the process.
    sending.on('error', reject);
    sending.end(body);
  });
}
