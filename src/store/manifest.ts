/** Reader and validator of a model's manifest.json. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { Compile } from 'typebox/compile';
import { ModelManifest } from '../contracts/models/model.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { storageFault, TrainyardError } from '../errors/errors.js';
import { readText } from '../files/bounded-reads.js';
import { FILES, type FileName } from './model-files.js';
import { withLaterFields } from './older-manifest.js';

export const MANIFEST_FILE = 'manifest.json';

const schema = Compile(ModelManifest);

/** Returns what is wrong with a manifest, as a clause; undefined if it is valid. */
export function manifestFault(value: unknown, reference: ModelReference): string | undefined {
  if (!schema.Check(value)) {
    const [first] = schema.Errors(value);
    return first === undefined
      ? 'it does not fit the schema'
      : `${first.instancePath || 'the document'} ${first.message}`;
  }
  if (value.name !== reference.name || value.version !== reference.version) {
    return `it is the manifest of ${value.name}@${value.version}`;
  }
  // A manifest that somebody else wrote must not point out of its own folder.
  for (const [name, { path }] of Object.entries(value.files)) {
    if (path !== FILES[name as FileName]) return `/files/${name} must be ${FILES[name as FileName]}`;
  }
  return undefined;
}

type CachedManifest = Readonly<{ fingerprint: string; bytes: number; result: ModelManifest | TrainyardError }>;

/** Maximum number of bytes of cached manifests, measured by their files. */
const MAX_BYTES = 64 * 2 ** 20;
/** Bytes that a cached error counts. */
const ERROR_BYTES = 1_024;

/**
 * Returns a reader that caches parsed manifests, at most `maxBytes` of them, those used last. It throws `model_corrupt`, with the
 * same error object as long as that is cached. It throws `storage_unavailable`, never cached, if the system refuses the read.
 */
export function createManifestReader(maxBytes = MAX_BYTES) {
  const cache = new LRUCache<string, CachedManifest>({
    maxSize: Math.floor(maxBytes),
    sizeCalculation: ({ bytes }) => bytes,
  });

  /** Returns the manifest as its file is now: parses it again only if inode, size or modification time have changed. */
  async function read(folder: string, reference: ModelReference): Promise<ModelManifest> {
    const path = join(folder, MANIFEST_FILE);
    const found = await stat(path).catch(() => undefined);
    const fingerprint = found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`;
    let cached = cache.get(path);
    if (cached?.fingerprint !== fingerprint) {
      cached = { fingerprint, bytes: found?.size || ERROR_BYTES, result: await parse(path, reference) };
      cache.set(path, cached);
    }
    if (cached.result instanceof TrainyardError) throw cached.result;
    return cached.result;
  }

  /** Returns the cached manifest without checking its file. Reads the file if there is none, or only an error. */
  async function recall(folder: string, reference: ModelReference): Promise<ModelManifest> {
    const cached = cache.get(join(folder, MANIFEST_FILE));
    if (cached === undefined || cached.result instanceof TrainyardError) return read(folder, reference);
    return cached.result;
  }

  return { read, recall };
}

/** Reads a model in another process, which knows only its folder. Throws `model_corrupt` or `storage_unavailable`. */
export async function readStoredModel(folder: string): Promise<Readonly<{ manifest: ModelManifest; folder: string }>> {
  const reference = { name: basename(dirname(folder)), version: Number(basename(folder)) };
  const manifest = await parse(join(folder, MANIFEST_FILE), reference);
  if (manifest instanceof TrainyardError) throw manifest;
  return { manifest, folder };
}

async function parse(path: string, reference: ModelReference): Promise<ModelManifest | TrainyardError> {
  try {
    const value = withLaterFields(JSON.parse(await readText(path)));
    const fault = manifestFault(value, reference);
    return fault === undefined ? (value as ModelManifest) : corrupt(reference, path, fault);
  } catch (cause) {
    if (isRefusedRead(cause)) throw unreadable(reference, path, cause);
    return corrupt(reference, path, cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read', cause);
  }
}

/** Error codes that recur until somebody changes the folder. */
const PERMANENT_CODES: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'];

/** Tells whether a later read may succeed: no free file descriptor, no memory, no permission, a failing disk. */
const isRefusedRead = (cause: unknown): boolean =>
  cause instanceof Error && 'syscall' in cause && 'code' in cause && !PERMANENT_CODES.includes(String(cause.code));

function unreadable({ name, version }: ModelReference, path: string, cause: unknown): TrainyardError {
  const fault = storageFault(cause)?.fault ?? (cause instanceof Error ? cause.message : String(cause));
  return new TrainyardError(
    'storage_unavailable',
    `Model ${name}@${version} cannot be read now: ${path}: ${fault}. Try again. If the error remains, check the disk and the limits of the process.`,
    { cause },
  );
}

function corrupt({ name, version }: ModelReference, path: string, fault: string, cause?: unknown): TrainyardError {
  return new TrainyardError(
    'model_corrupt',
    `Model ${name}@${version} cannot be used: ${path}: ${fault}. Train it again, or restore its folder.`,
    { cause },
  );
}
