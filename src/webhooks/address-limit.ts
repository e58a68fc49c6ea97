/** Limit on open requests per address, so that a host with many names or ports cannot take every slot of a worker. */
import { addressKey } from '../concurrency/address-key.js';

/** Half of the requests that a worker sends at the same time. */
const REQUESTS_PER_ADDRESS = 128;

/** The address has too many open requests, so this one was not sent. */
export class AddressBusyError extends Error {}

export type AddressLimit = ReturnType<typeof createAddressLimit>;

export function createAddressLimit(limit = REQUESTS_PER_ADDRESS) {
  const open = new Map<string, number>();

  return {
    /** Counts a request, and returns a function that ends the count. Throws `AddressBusyError`. */
    enter(address: string): () => void {
      const key = addressKey(address);
      const count = open.get(key) ?? 0;
      if (count >= limit) throw new AddressBusyError(`${limit} requests to ${key} are open`);
      open.set(key, count + 1);
      return () => {
        const left = (open.get(key) ?? 1) - 1;
        if (left === 0) open.delete(key);
        else open.set(key, left);
      };
    },
  };
}
