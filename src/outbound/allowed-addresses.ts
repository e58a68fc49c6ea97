/** Addresses that webhooks and downloads may use. Clients choose the URL, and the service can reach hosts of its private network. */
import { BlockList, isIP } from 'node:net';
import type { OutboundNetworks } from '../contracts/service/outbound-networks.js';

type Subnet = readonly [address: string, prefix: number];

function listOf(...subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of subnets) list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}

/** Link-local networks, where clouds have their metadata services; other addresses of these services; addresses of no host. */
const reserved = listOf(
  ['169.254.0.0', 16],
  ['fe80::', 10],
  ['fd00:ec2::', 32], // Amazon's metadata service over IPv6
  ['100.100.100.200', 32], // Alibaba's metadata service
  ['192.0.0.0', 24], // includes Oracle's metadata service
  ['168.63.129.16', 32], // Azure's metadata service
  ['0.0.0.0', 8],
  ['224.0.0.0', 3], // multicast and reserved
  ['::', 128],
  ['ff00::', 8],
);

const privates = listOf(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
);

/** Returns why an IP address is refused, as the end of a sentence. Undefined if it is allowed. */
export function refuseAddress(address: string, networks: OutboundNetworks): string | undefined {
  if (networks === 'any') return undefined;
  const plain = embeddedV4(address) ?? address;
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (reserved.check(plain, family)) return `${address} is a link-local, metadata or reserved address`;
  if (networks === 'public' && privates.check(plain, family)) return `${address} is in a private network`;
  return undefined;
}

/** Returns the IPv4 address in a mapped (::ffff:0:0/96) or translated (64:ff9b::/96) IPv6 address. */
function embeddedV4(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const isTranslated = groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (!isMapped && !isTranslated) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Returns the eight numbers of an IPv6 address. The URL class normalizes it to hexadecimal groups without leading zeros. */
function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [left = '', right] = canonical.split('::');
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (right === undefined) return numbers(left);
  const [first, last] = [numbers(left), numbers(right)];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
