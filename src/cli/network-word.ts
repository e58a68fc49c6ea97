/** Word for a network or a variant: `resnet` or `resnet50`. */
import { didYouMean, nearest } from '../spelling/nearest-words.js';
import { jobFields } from './assignments.js';
import { usageError } from './exit-codes.js';

const valuesOf = (path: string): readonly string[] => jobFields.find((field) => field.path === path)?.values ?? [];

/** Names of networks. */
export const NETWORKS = valuesOf('network');
/** Names of variants, each of which begins with the name of its network. */
export const VARIANTS = valuesOf('networkOptions.variant').filter((variant) =>
  NETWORKS.some((name) => variant.startsWith(name)),
);

/** Returns the network of a word, and its variant if the word is one. Throws a usage error for other words. */
export function networkNamed(word: string): Readonly<{ network: string; variant?: string }> {
  if (NETWORKS.includes(word)) return { network: word };
  const network = NETWORKS.find((name) => word.startsWith(name));
  if (network !== undefined && VARIANTS.includes(word)) return { network, variant: word };
  throw usageError(
    `There is no network ${JSON.stringify(word)}.`,
    didYouMean(nearest(word, [...NETWORKS, ...VARIANTS])) ?? `Networks: ${NETWORKS.join(', ')}.`,
  );
}
