/** Different pictures of a data set: images with the same pixels share one number. Keeps what comparisons need of each. */
import { sha256 } from '../../files/sha256.js';
import type { ImageFacts } from '../../images/image-facts.js';
import { createColumn } from './columns.js';
import type { Prints } from './near-search.js';

/** Share of the pixels that have one colour from which an image shows nothing. */
const ONE_COLOUR = 0.995;

/** Bytes of a digest that are compared: two of 10 million different images agree with a probability of 10^-15. */
const KEY_BYTES = 12;

/** Tells whether an image shows nothing. */
export const isBlank = ({ oneColour }: Pick<ImageFacts, 'oneColour'>): boolean => oneColour >= ONE_COLOUR;

export type Contents = ReturnType<typeof createContents>;

export function createContents() {
  const numbers = new Map<string, number>();
  const [high, low] = [createColumn((n) => new Uint32Array(n)), createColumn((n) => new Uint32Array(n))];
  const [thumbs, isComparable] = [createColumn((n) => new Uint8Array(n)), createColumn((n) => new Uint8Array(n))];

  return {
    /** Returns the number of a picture. `pixels`: height × width × channels bytes. */
    add(pixels: Uint8Array, facts: ImageFacts): number {
      const key = sha256(pixels, 'binary').slice(0, KEY_BYTES);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const { hash, thumb } = facts;
      const number = numbers.size;
      numbers.set(key, number);
      high.push(hash?.high ?? 0);
      low.push(hash?.low ?? 0);
      thumbs.append(thumb);
      isComparable.push(hash === undefined || isBlank(facts) ? 0 : 1);
      return number;
    },

    count: (): number => numbers.size,

    prints: (): Prints => ({
      ...{ high: high.values(), low: low.values(), thumbs: thumbs.values(), isComparable: isComparable.values() },
    }),
  };
}
