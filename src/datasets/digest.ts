/** The digest of what a job is trained, validated and tested on: the same pixels and labels in the same order have the same. */
import { createHash } from 'node:crypto';
import type { Dataset } from './dataset.js';

/** SHA-256, hexadecimal. */
export function digestOf({ train, validation, test }: Pick<Dataset, 'train' | 'validation' | 'test'>): string {
  const hash = createHash('sha256');
  for (const split of [train, validation, test]) {
    hash.update(`${split?.samples ?? 0}\n`);
    if (split !== undefined) hash.update(split.images).update(split.labels);
  }
  return hash.digest('hex');
}
