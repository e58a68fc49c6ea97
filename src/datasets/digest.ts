/** The digest of what a job is trained, validated and tested on: the same pixels and labels in the same order have the same. */
import { createSha256 } from '../files/sha256.js';
import type { Dataset, Labels } from './dataset.js';

/** SHA-256, hexadecimal. */
export function digestOf({ train, validation, test }: Pick<Dataset, 'train' | 'validation' | 'test'>): string {
  const hash = createSha256();
  for (const split of [train, validation, test]) {
    hash.update(`${split?.samples ?? 0}\n`);
    if (split === undefined) continue;
    hash.update(split.images);
    hash.update(bytesOf(split.labels));
  }
  return hash.digest();
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Labels): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
