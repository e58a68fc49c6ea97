/** Verified reading of data set files. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sha256 as digestOf } from '../files/sha256.js';
import { corrupt } from './idx.js';
import type { DatasetFile } from './loaded-dataset.js';

/** Returns the uncompressed bytes of a file. Throws `dataset_corrupt` if it cannot be read or its digest differs, and the signal's reason. */
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
