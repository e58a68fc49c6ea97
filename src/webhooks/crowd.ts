/** Count of the requests under way to each address, so that one host with many names or ports cannot take every slot. */
import { addressKey } from '../concurrency/address-key.js';

/** Requests to one address at the same time: half of what a worker sends at once. */
const PER_ADDRESS = 128;

/** Too many requests to the address are under way; this one was not sent. */
export class CrowdedError extends Error {}

export type Crowd = ReturnType<typeof createCrowd>;

export function createCrowd(limit = PER_ADDRESS) {
  const underWay = new Map<string, number>();

  return {
    /** Counts one more request; the returned function counts it out. Throws `CrowdedError`. */
    enter(address: string): () => void {
      const network = addressKey(address);
      const count = underWay.get(network) ?? 0;
      if (count >= limit) throw new CrowdedError(`${limit} requests to ${network} are under way`);
      underWay.set(network, count + 1);
      return () => {
        const left = (underWay.get(network) ?? 1) - 1;
        if (left === 0) underWay.delete(network);
        else underWay.set(network, left);
      };
    },
  };
}
