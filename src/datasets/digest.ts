/** Digest of the images and labels of a job, in order. */
import { createSha256 } from '../files/sha256.js';
import type { Dataset, Labels } from './loaded-dataset.js';

/** Returns the SHA-256 of all splits in hexadecimal. */
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
