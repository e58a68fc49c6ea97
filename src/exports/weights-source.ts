/** Weights that an import names by an address or by a path on the service's machine. */
import { join } from 'node:path';
import type { WeightsSource } from '../contracts/models/model-import.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import { requireChecksum } from '../files/checksum.js';
import { findFileBelow } from '../files/file-below.js';
import type { Uploads } from '../files/uploads.js';
import { checkDownloadUrl, type DownloadRules, download } from '../outbound/file-download.js';

export type SourceSettings = Readonly<{
  uploads: Uploads;
  /** Folder of files that may be named by path. Undefined: none. */
  importDir: string | undefined;
  maxBytes: number;
  rules: DownloadRules;
}>;

/** Returns the wrong fields of a source, without a look at the network or the disk. `pointer`: that of the source in the request. */
export function checkSource(
  { url, path, sha256 }: WeightsSource,
  { importDir, rules }: SourceSettings,
  pointer: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const fault = (field: string, message: string) => errors.push({ pointer: `${pointer}${field}`, message });
  if ((url === undefined) === (path === undefined)) fault('', 'must have either url or path');
  if (url !== undefined) {
    const message = checkDownloadUrl(url, rules.networks);
    if (message !== undefined) fault('/url', message);
    if (sha256 === undefined)
      fault('/sha256', 'is required with a URL: the SHA-256 of the file, as its page or `sha256sum` gives it');
  }
  if (path !== undefined && importDir === undefined)
    fault('/path', 'is not allowed, because the service has no setting IMPORT_DIR. Send the file itself, or a URL');
  return errors;
}

/**
 * Calls `work` with the path of the file, after its size and its checksum were checked. A downloaded file is removed afterwards. `pointer`: that of
 * the source in the request. Throws `invalid_request`, `payload_too_large`, `download_failed`, `insufficient_storage`, and the reason of `signal`.
 */
export async function useSource<Result>(
  source: WeightsSource,
  settings: SourceSettings,
  { pointer, signal }: Readonly<{ pointer: string; signal: AbortSignal }>,
  work: (path: string) => Promise<Result>,
): Promise<Result> {
  const checked = async (path: string): Promise<Result> => {
    await requireChecksum(path, { sha256: source.sha256, pointer: `${pointer}/sha256`, signal });
    return work(path);
  };
  const { url } = source;
  if (url === undefined) return checked(await findFile(source.path ?? '', settings, `${pointer}/path`));
  return settings.uploads.useFolder(async (folder) => {
    const path = join(folder, 'download');
    const { maxBytes, rules } = settings;
    const limit = { maxBytes, limitSetting: 'MAX_IMPORT_MB' };
    await download({ url, path, ...limit, pointer: `${pointer}/url`, signal }, rules);
    return checked(path);
  });
}

async function findFile(path: string, { importDir, maxBytes }: SourceSettings, pointer: string): Promise<string> {
  const found = importDir === undefined ? undefined : await findFileBelow(importDir, path);
  if (found === undefined)
    throw refuse(
      pointer,
      `names no file below the folder of the setting IMPORT_DIR: ${JSON.stringify(path.slice(0, 100))}`,
    );
  if (found.bytes <= maxBytes) return found.path;
  throw fileTooLarge(maxBytes);
}

/** Returns the error of a weights file beyond the limit. */
export const fileTooLarge = (maxBytes: number): TrainyardError =>
  new TrainyardError(
    'payload_too_large',
    `The file is larger than ${maxBytes / 2 ** 20} MiB, the limit of the setting MAX_IMPORT_MB. Send a smaller file, or raise the setting.`,
  );

const refuse = (pointer: string, message: string): TrainyardError =>
  new TrainyardError('invalid_request', `${pointer} ${message}.`, { errors: [{ pointer, message }] });
