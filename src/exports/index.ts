/** The files in which models leave: as they are stored, or made once and kept beside. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ExportFormat } from '../contracts/models/export-format.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { Converter } from '../processes/converter-process.js';
import type { ModelStore, StoredModel } from '../store/index.js';

/** A file to download. */
export type ExportedFile = Readonly<{ folder: string; path: string; sha256: string; name: string; mediaType: string }>;

export type Exports = ReturnType<typeof createExports>;

/** Of a model's folder, where what is made of it is kept. */
const FOLDER = 'exports';

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  savedmodel: 'application/x-tar',
  tfjs: 'application/x-tar',
  onnx: 'application/octet-stream',
  safetensors: 'application/octet-stream',
};
const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  savedmodel: 'savedmodel.tar',
  tfjs: 'tfjs.tar',
  onnx: 'onnx',
  safetensors: 'safetensors',
};

type Deps = Readonly<{ store: Pick<ModelStore, 'get'>; converter: Pick<Converter, 'run'> }>;

export function createExports({ store, converter }: Deps) {
  /** Exports that are being made, by the path they will have without its digest. */
  const making = new Map<string, Promise<Place>>();

  function make({ folder }: StoredModel, format: ExportFormat, client: string): Promise<Place> {
    const key = join(folder, FOLDER, format);
    const before = making.get(key);
    if (before !== undefined) return before;
    const made = convert(folder, format, client).finally(() => making.delete(key));
    making.set(key, made);
    return made;
  }

  /** The file's name has its digest, so that it need not be read again to know it. */
  async function convert(folder: string, format: ExportFormat, client: string): Promise<Place> {
    await mkdir(join(folder, FOLDER), { recursive: true });
    const target = join(folder, FOLDER, `.${randomUUID()}`);
    try {
      const { sha256 } = await converter.run('export', { folder, format, target }, client);
      const path = join(FOLDER, `${format}-${sha256}`);
      await rename(target, join(folder, path));
      return { path, sha256 };
    } finally {
      await rm(target, { force: true });
    }
  }

  return {
    /**
     * The file of a model in a format; the first request of one that is not stored takes seconds, in turns between clients. Throws `model_not_found`,
     * `model_corrupt`, `insufficient_storage`, `unavailable`.
     */
    async open(reference: ModelReference, format: ExportFormat, client: string): Promise<ExportedFile> {
      const model = await store.get(reference);
      const place =
        storedPlace(model, format) ?? (await keptPlace(model.folder, format)) ?? (await make(model, format, client));
      const { name, version } = model.manifest;
      const path = join(model.folder, place.path);
      return {
        folder: dirname(path),
        path: basename(path),
        sha256: place.sha256,
        name: `${name}-${version}.${EXTENSIONS[format]}`,
        mediaType: MEDIA_TYPES[format],
      };
    },
  };
}

/** Relative to the model's folder. */
type Place = Readonly<{ path: string; sha256: string }>;

function storedPlace({ manifest: { files } }: StoredModel, format: ExportFormat): Place | undefined {
  if (format === 'safetensors') return files.weights;
  return format === 'onnx' ? files.onnx : undefined;
}

async function keptPlace(folder: string, format: ExportFormat): Promise<Place | undefined> {
  const entries = await readdir(join(folder, FOLDER)).catch(() => []);
  for (const entry of entries) {
    const [, sha256] = new RegExp(`^${format}-([0-9a-f]{64})$`).exec(entry) ?? [];
    if (sha256 !== undefined) return { path: join(FOLDER, entry), sha256 };
  }
  return undefined;
}
