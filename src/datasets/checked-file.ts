/** Reading a file of a data set, once its digest is the expected one. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sha256 as digestOf } from '../files/sha256.js';
import type { DatasetFile } from './dataset.js';
import { corrupt } from './idx.js';

/** Its uncompressed bytes. Throws `dataset_corrupt` where it cannot be read or is another, and the signal's reason once that has aborted. */
export async function readChecked(
  { path, compressed, sha256 }: DatasetFile,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const stored = await readFile(path, { signal });
    bytes = compressed ? await promisify(gunzip)(stored) : stored;
  } catch (cause) {
    signal?.throwIfAborted();
    throw corrupt(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  signal?.throwIfAborted();
  const found = digestOf(bytes);
  if (found !== sha256) throw corrupt(path, `its SHA-256 is ${found}, not ${sha256}`);
  return bytes;
}
