/** Commands to the converter process, which the API starts for one conversion, and its answers. Paths are absolute. */
import type { DatasetImport, DatasetInfo } from '../datasets/dataset.js';
import type { ImportProgress } from '../datasets/dataset-import-status.js';
import type { JobSpec } from '../jobs/job.js';
import type { Failure } from '../jobs/outcome.js';
import type { ExportFormat } from '../models/export-format.js';
import type { ImportSamples } from '../models/import-samples.js';
import type { PredictableManifest } from '../models/model.js';
import type { ModelImport } from '../models/model-import.js';
import type { ModelReference } from '../references/model-reference.js';

/** Command and answer of each kind of conversion. The file, folder or model that a conversion creates must not exist yet. */
export type Conversions = Readonly<{
  /** Exports the stored model in `folder` to the file `target`. Answers with the file's SHA-256. */
  export: Readonly<{
    command: Readonly<{ folder: string; format: ExportFormat; target: string }>;
    answer: Readonly<{ sha256: string }>;
  }>;
  /** Imports the safetensors file `path` as a model into the store `modelsDir`, if it reproduces the samples. */
  import: Readonly<{
    command: Readonly<{ path: string; request: ModelImport; samples: ImportSamples | undefined; modelsDir: string }>;
    answer: ModelReference;
  }>;
  /** Imports the image archive `path` as the data set `name` into `importedDir`. */
  dataset: Readonly<{
    command: Readonly<{ path: string; name: string; options: DatasetImport; importedDir: string }>;
    answer: DatasetInfo;
  }>;
  /** Converts the checkpoint `path` of a job to a model in `folder`. */
  checkpoint: Readonly<{
    command: Readonly<{ path: string; jobId: string; spec: JobSpec; info: DatasetInfo; folder: string }>;
    answer: PredictableManifest;
  }>;
}>;
export type Conversion = keyof Conversions;

/** API → converter: the only message of the API. */
export type ConverterCommand = {
  [Type in Conversion]: Readonly<{ type: Type; command: Conversions[Type]['command'] }>;
}[Conversion];

/** Converter → API: perhaps the progress of an import, then exactly one other message. Then the converter exits. */
export type ConverterMessage =
  | Readonly<{ progress: ImportProgress }>
  | Readonly<{ answer: Conversions[Conversion]['answer'] }>
  | Readonly<{ error: Failure & { errors?: readonly Readonly<{ pointer: string; message: string }>[] } }>;
