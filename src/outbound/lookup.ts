/** DNS lookups of outbound requests. A name server that does not answer cannot block the rest of the process. */
import { promises as dns, type LookupAddress } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createConcurrencyLimit } from '../concurrency/concurrency-limit.js';

/** Timeout of one DNS query to one name server, in milliseconds. */
const TIMEOUT_MS = 2_000;
const TRIES = 2;
/** While it waits, `getaddrinfo` occupies one of the four threads that all file operations of the process share. */
const SYSTEM_LOOKUPS = 2;

export type Lookup = (host: string) => Promise<LookupAddress[]>;

/**
 * Returns a function that resolves host names at the name servers, without using a thread. The system's resolver gets only names of this
 * machine or its network: without a dot, in the hosts file, or unknown to the name servers. It runs twice at most at the same time.
 */
export function createLookup({ servers }: Readonly<{ servers?: readonly string[] }> = {}): Lookup {
  const resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const limit = createConcurrencyLimit(SYSTEM_LOOKUPS);
  const system: Lookup = (host) => limit.run(() => dns.lookup(host, { all: true }));

  return async (host) => {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    if (await isLocal(host)) return system(host);
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [...addressesOf(v4, 4), ...addressesOf(v6, 6)];
    if (found.length > 0) return found;
    if ([v4, v6].some((each) => each.status === 'rejected' && each.reason.code === 'ETIMEOUT'))
      throw new Error(`no name server answered for ${host}`);
    return system(host);
  };
}

const addressesOf = (result: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] =>
  result.status === 'fulfilled' ? result.value.map((address) => ({ address, family })) : [];

async function isLocal(host: string): Promise<boolean> {
  if (!host.includes('.') || host.endsWith('.localhost')) return true;
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '');
  return hosts.split(/\s+/).includes(host);
}
