/** Download of an archive from an address that a client chose. */
import { join } from 'node:path';
import type { DatasetSource } from '../contracts/datasets/dataset.js';
import type { FieldError } from '../errors/errors.js';
import { requireChecksum } from '../files/checksum.js';
import type { Uploads } from '../files/uploads.js';
import { checkDownloadUrl, type DownloadRules, download } from '../outbound/file-download.js';

/** Limits of downloads. `maxBytes`: the setting MAX_DATASET_MB. */
export type DownloadSettings = Readonly<{ rules: DownloadRules; maxBytes: number }>;

type Fetching = Readonly<{
  uploads: Uploads;
  signal: AbortSignal;
  onBytes(bytes: number, total: number | undefined): void;
}>;

/** Returns what is wrong with the address, without a look at the network. */
export function checkDatasetSource({ url }: DatasetSource, { rules }: DownloadSettings): FieldError[] {
  const message = checkDownloadUrl(url, rules.networks);
  return message === undefined ? [] : [{ pointer: '/url', message }];
}

/**
 * Fetches the archive, calls `work` with its path, and removes it. Throws `invalid_request` for an address that is not allowed or another
 * checksum, `payload_too_large`, `download_failed`, `insufficient_storage`, and the reason of `signal`.
 */
export const fetchArchive = (
  { url, sha256 }: DatasetSource,
  { rules, maxBytes }: DownloadSettings,
  { uploads, signal, onBytes }: Fetching,
  work: (path: string) => Promise<void>,
): Promise<void> =>
  uploads.useFolder(async (folder) => {
    const path = join(folder, 'upload');
    await download({ url, path, maxBytes, limitSetting: 'MAX_DATASET_MB', pointer: '/url', onBytes, signal }, rules);
    await requireChecksum(path, { sha256, pointer: '/sha256', signal });
    await work(path);
  });
