/** Downloads of models: stored files, or files that the converter creates once and keeps in the model's folder. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ExportFormat } from '../contracts/models/export-format.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { Converter } from '../processes/converter-process.js';
import type { ModelStore, StoredModel } from '../store/index.js';

/** A file to download. `path` is relative to `folder`. */
export type ExportedFile = Readonly<{ folder: string; path: string; sha256: string; name: string; mediaType: string }>;

export type Exports = ReturnType<typeof createExports>;

/** Subfolder of a model's folder with the created files. */
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

type ExportDeps = Readonly<{ store: Pick<ModelStore, 'get'>; converter: Pick<Converter, 'run'> }>;

/** Opens downloads of the models in `store`. */
export function createExports({ store, converter }: ExportDeps) {
  /** Conversions that are running, by model and format. */
  const running = new Map<string, Promise<ExportFile>>();

  /** Converts a model. Concurrent requests for the same file share one conversion. */
  function create({ folder }: StoredModel, format: ExportFormat, client: string): Promise<ExportFile> {
    const key = join(folder, FOLDER, format);
    const current = running.get(key);
    if (current !== undefined) return current;
    const conversion = convert(folder, format, client).finally(() => running.delete(key));
    running.set(key, conversion);
    return conversion;
  }

  /** Creates the export file. The file name contains the SHA-256, so that nobody has to read the file again to compute it. */
  async function convert(folder: string, format: ExportFormat, client: string): Promise<ExportFile> {
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
     * Returns the file of a model in a format. The first request for a format that is not stored takes seconds; clients share the
     * converter fairly. Throws `model_not_found`, `model_corrupt`, `insufficient_storage` or `unavailable`.
     */
    async open(reference: ModelReference, format: ExportFormat, client: string): Promise<ExportedFile> {
      const model = await store.get(reference);
      const file =
        storedFile(model, format) ?? (await createdFile(model.folder, format)) ?? (await create(model, format, client));
      const { name, version } = model.manifest;
      const path = join(model.folder, file.path);
      return {
        folder: dirname(path),
        path: basename(path),
        sha256: file.sha256,
        name: `${name}-${version}.${EXTENSIONS[format]}`,
        mediaType: MEDIA_TYPES[format],
      };
    },
  };
}

/** A file in the model's folder. `path` is relative to that folder. */
type ExportFile = Readonly<{ path: string; sha256: string }>;

/** Returns the stored file of a format; undefined if the format must be created. */
function storedFile({ manifest: { files } }: StoredModel, format: ExportFormat): ExportFile | undefined {
  if (format === 'safetensors') return files.weights;
  return format === 'onnx' ? files.onnx : undefined;
}

/** Returns the file that an earlier request created; undefined if there is none. */
async function createdFile(folder: string, format: ExportFormat): Promise<ExportFile | undefined> {
  const entries = await readdir(join(folder, FOLDER)).catch(() => []);
  for (const entry of entries) {
    const [, sha256] = new RegExp(`^${format}-([0-9a-f]{64})$`).exec(entry) ?? [];
    if (sha256 !== undefined) return { path: join(FOLDER, entry), sha256 };
  }
  return undefined;
}
