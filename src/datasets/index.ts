/** The table of data sets: loading one, and checking its files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { DatasetName, DatasetSpec } from '../contracts/job.js';
import type { Dataset, DatasetEntry, DatasetFile, DatasetOptions } from './dataset.js';
import { fashionMnist } from './fashion-mnist.js';
import { corrupt } from './idx.js';
import { synthetic } from './synthetic.js';
import { setAside } from './validation-split.js';

export type { Dataset, Split } from './dataset.js';
export { digestOf } from './digest.js';

const entries = { 'fashion-mnist': fashionMnist, synthetic } as const satisfies Record<DatasetName, DatasetEntry>;

/** What is known about each data set without loading it. */
export const datasets = { 'fashion-mnist': fashionMnist.info, synthetic: synthetic.info } as const;

/**
 * The first images of both splits, as many as the spec says, with the validation images taken out of the training ones.
 * Throws `dataset_corrupt` where a file is missing or wrong, `invalid_request` where validation would leave nothing to
 * train on.
 */
export async function loadDataset(spec: DatasetSpec, seed: number, options: DatasetOptions): Promise<Dataset> {
  const { validationSamples } = spec;
  const { info, train, test } = await entries[spec.name].load(spec, seed, options);
  if (validationSamples === 0) return { info, train, test };
  return { info, ...setAside(train, validationSamples, seed), test };
}

/** Which bytes of a file were checked: a file of the same path, size and time of change is not read again. */
type Fingerprint = string;

/**
 * Checks the files of data sets by digest, in small pieces, so that the event loop is never held for long.
 * A file that was right is read again only once its size or its time of change differ.
 */
export function createDatasetVerifier(options: DatasetOptions) {
  const verified = new Map<string, Fingerprint>();

  async function verifyFile(file: DatasetFile): Promise<void> {
    const { size, mtimeMs, ino } = await stat(file.path);
    const fingerprint = `${size} ${mtimeMs} ${ino} ${file.sha256}`;
    if (verified.get(file.path) === fingerprint) return;
    const found = await digest(file, options.signal);
    if (found !== file.sha256) throw corrupt(file.path, `its SHA-256 is ${found}, not ${file.sha256}`);
    verified.set(file.path, fingerprint);
  }

  return {
    /** Returns when every file is right; throws `dataset_corrupt` with the path of the first that is not. */
    async verify(name: DatasetName): Promise<void> {
      for (const file of await entries[name].files(options)) await verifyFile(file);
    },
  };
}

/** Checks the files of one data set once. Throws `dataset_corrupt` with the path of the first that is not right. */
export const verifyDataset = (name: DatasetName, options: DatasetOptions): Promise<void> =>
  createDatasetVerifier(options).verify(name);

/** SHA-256 of a file's uncompressed bytes. */
async function digest(file: DatasetFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const source = createReadStream(file.path);
  try {
    if (file.compressed) await pipeline(source, createGunzip(), hash, { signal });
    else await pipeline(source, hash, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw corrupt(file.path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return hash.digest('hex');
}
