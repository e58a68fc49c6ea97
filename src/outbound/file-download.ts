/**
 * Download of a file from an address that a client chose. Each hop of a redirect is checked like the first address. A download that
 * breaks off continues where it stopped, if the server still has the same file.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import type { OutboundNetworks } from '../contracts/service/outbound-networks.js';
import { TrainyardError } from '../errors/errors.js';
import type { Lookup } from './lookup.js';
import { connectTo, ForbiddenAddressError, refuseHost, resolveHost } from './resolve-host.js';

export type DownloadRules = Readonly<{
  networks: OutboundNetworks;
  lookup: Lookup;
  /** Longest time without a byte, in ms. Default 30,000. */
  stallMs?: number;
  /** Longest time of the whole download, in ms. Default one hour, as for uploads. */
  timeoutMs?: number;
  /** Pause before the second attempt without a new byte, in ms; twice as long before the third. Default 1,000. */
  pauseMs?: number;
}>;

export type Download = Readonly<{
  url: string;
  /** File to create. The caller removes it if the download fails. */
  path: string;
  maxBytes: number;
  /** Setting that limits the size, for the refusal. */
  limitSetting: string;
  /** JSON pointer to the URL in the request, for the refusal of an address. Default `/weights/url`. */
  pointer?: string;
  /** Called with the bytes that have arrived, and with the size of the file if the server says it. A new beginning starts at 0. */
  onBytes?(bytes: number, total: number | undefined): void;
  signal: AbortSignal;
}>;

const MAX_REDIRECTS = 5;
/** Attempts in a row that may end without a new byte. */
const MAX_BARREN_ATTEMPTS = 3;
const STALL_MS = 30_000;
const TIMEOUT_MS = 3_600_000;
const PAUSE_MS = 1_000;

/** Returns why a URL cannot be downloaded, as the end of a sentence about it. Does not look names up. */
export function checkDownloadUrl(text: string, networks: OutboundNetworks): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  const isPlain = url.protocol === 'http:' && networks !== 'public';
  if (url.protocol !== 'https:' && !isPlain) return `must begin with https://, not ${url.protocol.slice(0, 20)}//`;
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';
  const refusal = refuseHost(url, networks);
  return refusal && `is not allowed: ${refusal}`;
}

/**
 * Writes the file at a URL to `path`, and returns its size in bytes. Throws `invalid_request` for an address that is not allowed,
 * `payload_too_large`, `download_failed`, and the reason of `signal`.
 */
export async function download(task: Download, rules: DownloadRules): Promise<number> {
  const late = AbortSignal.timeout(rules.timeoutMs ?? TIMEOUT_MS);
  const signal = AbortSignal.any([task.signal, late]);
  const file = await open(task.path, 'wx');
  try {
    return await downloadInto(file, { ...task, signal }, rules);
  } catch (error) {
    task.signal.throwIfAborted();
    if (late.aborted) throw failed(task.url, 'it takes longer than the limit');
    throw error;
  } finally {
    await file.close();
  }
}

/** Bytes that have arrived, and the validator of the file that they belong to. */
type Progress = { bytes: number; etag: string | undefined };

async function downloadInto(file: FileHandle, task: Download, rules: DownloadRules): Promise<number> {
  const progress: Progress = { bytes: 0, etag: undefined };
  for (let barren = 0; ; ) {
    const before = progress.bytes;
    try {
      await attempt(file, task, rules, progress);
      return progress.bytes;
    } catch (error) {
      if (error instanceof TrainyardError || isStorageError(error)) throw error;
      task.signal.throwIfAborted();
      barren = progress.bytes > before ? 0 : barren + 1;
      if (barren >= MAX_BARREN_ATTEMPTS) throw failed(task.url, sentenceOf(error), error);
      await setTimeout(barren * (rules.pauseMs ?? PAUSE_MS), undefined, { signal: task.signal });
    }
  }
}

/** Requests the rest of the file, and appends it. Throws if the connection breaks off. */
async function attempt(file: FileHandle, task: Download, rules: DownloadRules, progress: Progress): Promise<void> {
  const response = await follow(task, rules, progress);
  try {
    if (response.statusCode === 200) await restart(file, response, progress);
    const length = Number(response.headers['content-length'] ?? Number.NaN);
    const expected = progress.bytes + length;
    const total = Number.isNaN(expected) ? undefined : expected;
    requireSize(expected, task);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      requireSize(progress.bytes + chunk.length, task);
      await writeAt(file, chunk, progress.bytes);
      progress.bytes += chunk.length;
      task.onBytes?.(progress.bytes, total);
    }
    if (progress.bytes < expected) throw new Error(`it broke off after ${progress.bytes} of ${expected} bytes`);
  } finally {
    response.destroy();
  }
}

/** Forgets what has arrived: the response has the file from its beginning. */
async function restart(file: FileHandle, { headers: { etag } }: IncomingMessage, progress: Progress): Promise<void> {
  await file.truncate();
  progress.bytes = 0;
  progress.etag = etag?.startsWith('W/') ? undefined : etag;
}

/** Writes a chunk at an offset. One call of the file system may write only a part. */
async function writeAt(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}

/** Returns the response of the last hop: 200, or 206 from the byte after those that have arrived. */
async function follow(task: Download, rules: DownloadRules, progress: Progress): Promise<IncomingMessage> {
  let address = task.url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const fault = checkDownloadUrl(address, rules.networks);
    if (fault !== undefined) throw forbidden(task, address, fault);
    const response = await send(new URL(address), task, rules, progress);
    const location = response.headers.location;
    const { statusCode = 0 } = response;
    if (statusCode < 300 || statusCode > 399 || location === undefined)
      return requireFile(response, task.url, progress);
    response.destroy();
    address = URL.parse(location, address)?.href ?? location;
  }
  throw failed(task.url, `it redirects more than ${MAX_REDIRECTS} times`);
}

async function send(
  url: URL,
  task: Download,
  rules: DownloadRules,
  { bytes, etag }: Progress,
): Promise<IncomingMessage> {
  const { networks, lookup, stallMs = STALL_MS } = rules;
  const signal = AbortSignal.any([task.signal, AbortSignal.timeout(stallMs)]);
  const addresses = await resolveHost(url, { networks, lookup, signal }).catch((error: unknown) => {
    throw error instanceof ForbiddenAddressError
      ? forbidden(task, url.href, `is not allowed: ${error.message}`)
      : error;
  });
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const resumed = bytes > 0 && etag !== undefined ? { range: `bytes=${bytes}-`, 'if-range': etag } : {};
  const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'trainyard', ...resumed };
  return new Promise((resolve, reject) => {
    const sending = request(url, { agent: false, headers, lookup: connectTo(addresses) }, resolve);
    const stop = () => sending.destroy(task.signal.reason);
    task.signal.addEventListener('abort', stop, { once: true });
    sending.setTimeout(stallMs, () => sending.destroy(new Error(`it sent nothing for ${stallMs / 1000} s`)));
    sending.once('close', () => task.signal.removeEventListener('abort', stop));
    sending.on('error', reject);
    sending.end();
  });
}

function requireFile(response: IncomingMessage, url: string, { bytes }: Progress): IncomingMessage {
  const { statusCode = 0, headers } = response;
  const coding = headers['content-encoding'] ?? 'identity';
  const isRest = statusCode === 206 && headers['content-range']?.startsWith(`bytes ${bytes}-`) === true;
  if ((statusCode === 200 || isRest) && coding === 'identity') return response;
  response.destroy();
  if (statusCode >= 500 || statusCode === 429) throw new Error(`it answered with the status ${statusCode}`);
  throw failed(
    url,
    statusCode === 200 ? `its answer is compressed with ${coding}` : `it answered with the status ${statusCode}`,
  );
}

function requireSize(bytes: number, { maxBytes, limitSetting }: Download): void {
  if (bytes > maxBytes)
    throw new TrainyardError(
      'payload_too_large',
      `The file at the URL is larger than ${maxBytes / 2 ** 20} MiB, the limit of the setting ${limitSetting}.`,
    );
}

/** Returns the error of an address that is not allowed: the one of the request, or the one that it redirects to. */
function forbidden({ url, pointer = '/weights/url' }: Download, address: string, fault: string): TrainyardError {
  const message = url === address ? fault : `redirects to ${shown(address)}, which ${fault}`;
  return new TrainyardError('invalid_request', `${pointer} ${message}.`, { errors: [{ pointer, message }] });
}

const failed = (url: string, reason: string, cause?: unknown): TrainyardError =>
  new TrainyardError(
    'download_failed',
    `${shown(url)} cannot be downloaded: ${reason}. Check the URL, or send the file itself.`,
    {
      cause,
    },
  );

/** Returns an address without its query, which may be a credential. */
const shown = (address: string): string => address.replace(/[?#].*$/s, '').slice(0, 200);

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Errors of the file, not of the connection. */
const isStorageError = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
