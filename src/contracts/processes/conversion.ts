/** What the API has converted by a process of its own: what it asks, and what it is answered. Paths are absolute. */
import type { DatasetImport, DatasetInfo } from '../datasets/dataset.js';
import type { JobSpec } from '../jobs/job.js';
import type { Failure } from '../jobs/outcome.js';
import type { ExportFormat } from '../models/export-format.js';
import type { ServedManifest } from '../models/model.js';
import type { ModelImport } from '../models/model-import.js';
import type { ModelReference } from '../references/model-reference.js';

/** Each kind of conversion with its command and its answer. What it writes to is not there yet. */
export type Conversions = Readonly<{
  /** The stored model in `folder` → the file `target` and its digest. */
  export: Readonly<{
    command: Readonly<{ folder: string; format: ExportFormat; target: string }>;
    answer: Readonly<{ sha256: string }>;
  }>;
  /** The safetensors file `path` → a model in the store of `modelsDir`. */
  import: Readonly<{
    command: Readonly<{ path: string; request: ModelImport; modelsDir: string }>;
    answer: ModelReference;
  }>;
  /** The archive of images `path` → a data set under `name` in `importedDir`. */
  dataset: Readonly<{
    command: Readonly<{ path: string; name: string; options: DatasetImport; importedDir: string }>;
    answer: DatasetInfo;
  }>;
  /** The checkpoint `path` of a job → a model in `folder`. */
  checkpoint: Readonly<{
    command: Readonly<{ path: string; jobId: string; spec: JobSpec; info: DatasetInfo; folder: string }>;
    answer: ServedManifest;
  }>;
}>;
export type Conversion = keyof Conversions;

/** API → converter, its only message. */
export type ConverterCommand = {
  [Type in Conversion]: Readonly<{ type: Type; command: Conversions[Type]['command'] }>;
}[Conversion];

/** Converter → API: exactly one, then it exits. */
export type ConverterMessage =
  | Readonly<{ answer: Conversions[Conversion]['answer'] }>
  | Readonly<{ error: Failure & { errors?: readonly Readonly<{ pointer: string; message: string }>[] } }>;
