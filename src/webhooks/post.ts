/** One POST to a webhook: checked where it goes at the moment of connecting, no redirects, an end after some seconds. */
import { type LookupAddress, lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { WebhookNetworks } from '../contracts/webhook.js';
import { refuseAddress } from './address.js';
import { refuseHost } from './check.js';

export type Post = Readonly<{
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
  networks: WebhookNetworks;
}>;

/** The status of the answer; its body is not read. Rejects where there is none. */
export async function post({ url, headers, body, timeoutMs, networks }: Post): Promise<number> {
  const refusal = refuseHost(url, networks);
  if (refusal !== undefined) throw new Error(refusal);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
    const sending = request(url, { ...options, agent: false, lookup: guardedLookup(networks) }, (response) => {
      clearTimeout(timer);
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    const timer = setTimeout(() => sending.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    sending.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sending.end(body);
  });
}

/** Looks a name up and refuses what it may not lead to: the connection is made to the very addresses that were looked at. */
const guardedLookup =
  (networks: WebhookNetworks): LookupFunction =>
  (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refusals = addresses.map(({ address }) => refuseAddress(address, networks));
      const refusal = refusals.find((each) => each !== undefined);
      const [first] = addresses;
      if (refusal !== undefined || first === undefined)
        return callback(new Error(refusal ?? `${host} has no address`), '', 0);
      if (options.all === true) return callback(null, addresses as LookupAddress[]);
      callback(null, first.address, first.family);
    });
  };
