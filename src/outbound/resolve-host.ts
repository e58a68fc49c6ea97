/** Resolution of the host of an outbound request. The connection goes to the addresses that were checked. */
import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { OutboundNetworks } from '../contracts/service/outbound-networks.js';
import { refuseAddress } from './allowed-addresses.js';
import type { Lookup } from './lookup.js';

/** Host of a URL, without the brackets of an IPv6 address. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** Returns why an IP address as host is refused. Returns undefined if it is allowed, and for host names. */
export function refuseHost(url: URL, networks: OutboundNetworks): string | undefined {
  const host = hostOf(url);
  return isIP(host) === 0 ? undefined : refuseAddress(host, networks);
}

/** An address of the host is not allowed. */
export class ForbiddenAddressError extends Error {}

type Resolution = Readonly<{ networks: OutboundNetworks; lookup: Lookup; signal: AbortSignal }>;

/** Returns the addresses of a URL's host, at least one. Throws `ForbiddenAddressError` if one of them is not allowed. */
export async function resolveHost(url: URL, { networks, lookup, signal }: Resolution): Promise<LookupAddress[]> {
  const host = hostOf(url);
  const addresses = await Promise.race([lookup(host), rejection(signal)]);
  const refusal = addresses.map(({ address }) => refuseAddress(address, networks)).find((each) => each !== undefined);
  if (refusal !== undefined) throw new ForbiddenAddressError(refusal);
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  return addresses;
}

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Connects to the addresses that were checked. A second lookup of the name could return others. */
export const connectTo =
  (addresses: LookupAddress[]): LookupFunction =>
  (_, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
