/** Keys of IP addresses for limits per client or per host. */
import { isIPv6, SocketAddress } from 'node:net';

/** Groups of an IPv6 address that name its /64 network: one host usually has all addresses of it. */
const NETWORK_GROUPS = 4;

/**
 * Returns the IPv4 address, also of an IPv4-mapped IPv6 address in any spelling, or the /64 network of an IPv6 address. A zone
 * (`fe80::1%eth0`) does not count. Other text is returned as it is.
 */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const { address: normal } = new SocketAddress({ address: address.split('%', 1)[0] as string, family: 'ipv6' });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(normal)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = [], after] = normal.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = after === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...new Array<string>(zeros).fill('0'), ...(after ?? [])];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
