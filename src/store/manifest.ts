/** Reading and checking a model's manifest.json; nothing that is not a whole, valid manifest leaves this file. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Compile } from 'typebox/compile';
import type { ModelReference } from '../contracts/job.js';
import { ModelManifest } from '../contracts/model.js';
import { TrainyardError } from '../errors.js';
import { FILES, type FileName } from './files.js';
import { withLaterFields } from './older-manifest.js';

export const MANIFEST_FILE = 'manifest.json';

const schema = Compile(ModelManifest);

/** What is wrong with a manifest, in a sentence's tail; undefined where nothing is. */
export function manifestFault(value: unknown, reference: ModelReference): string | undefined {
  if (!schema.Check(value)) {
    const [first] = schema.Errors(value);
    return first === undefined
      ? 'it does not fit the schema'
      : `${first.instancePath || 'the document'} ${first.message}`;
  }
  if (value.name !== reference.name || value.version !== reference.version) {
    return `it says it is ${value.name}@${value.version}`;
  }
  // The paths are fixed: a manifest from elsewhere must not point out of its own folder.
  for (const [name, { path }] of Object.entries(value.files)) {
    if (path !== FILES[name as FileName]) return `/files/${name} must name ${FILES[name as FileName]}`;
  }
  return undefined;
}

type Read = Readonly<{ fingerprint: string; result: ModelManifest | TrainyardError }>;

/**
 * A reader that parses each manifest once, and again only when its file has changed: a model is asked for at every
 * prediction. It throws `model_corrupt`, and the same error object as long as the file stays as it is.
 */
export function createManifestReader() {
  const known = new Map<string, Read>();

  /** The manifest as its file is now. */
  async function read(folder: string, reference: ModelReference): Promise<ModelManifest> {
    const path = join(folder, MANIFEST_FILE);
    const found = await stat(path).catch(() => undefined);
    const fingerprint = found === undefined ? 'absent' : `${found.ino} ${found.size} ${found.mtimeMs}`;
    const before = known.get(path);
    const now = before?.fingerprint === fingerprint ? before : { fingerprint, result: await parse(path, reference) };
    known.set(path, now);
    if (now.result instanceof TrainyardError) throw now.result;
    return now.result;
  }

  /** The manifest as it was when it was read last, without a look at its file; read now where it never was right. */
  async function recall(folder: string, reference: ModelReference): Promise<ModelManifest> {
    const before = known.get(join(folder, MANIFEST_FILE))?.result;
    return before === undefined || before instanceof TrainyardError ? read(folder, reference) : before;
  }

  return { read, recall };
}

/** A model by its folder alone, as another process is given it. Throws `model_corrupt`. */
export async function readStoredModel(folder: string): Promise<Readonly<{ manifest: ModelManifest; folder: string }>> {
  const reference = { name: basename(dirname(folder)), version: Number(basename(folder)) };
  const manifest = await parse(join(folder, MANIFEST_FILE), reference);
  if (manifest instanceof TrainyardError) throw manifest;
  return { manifest, folder };
}

async function parse(path: string, reference: ModelReference): Promise<ModelManifest | TrainyardError> {
  try {
    const value = withLaterFields(JSON.parse(await readFile(path, 'utf8')));
    const fault = manifestFault(value, reference);
    return fault === undefined ? (value as ModelManifest) : corrupt(reference, path, fault);
  } catch (cause) {
    return corrupt(reference, path, cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read', cause);
  }
}

function corrupt({ name, version }: ModelReference, path: string, fault: string, cause?: unknown): TrainyardError {
  return new TrainyardError(
    'model_corrupt',
    `Model ${name}@${version} cannot be used: of ${path}, ${fault}. Train it again, or restore its folder.`,
    { cause },
  );
}
