/** Imports of models: weights that are uploaded, downloaded or on this machine, which the converter process turns into a stored model. */
import type { Readable } from 'node:stream';
import type { ImportSamples } from '../contracts/models/import-samples.js';
import type { ModelImport } from '../contracts/models/model-import.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import type { FieldError } from '../errors/errors.js';
import type { Converter } from '../processes/converter-process.js';
import { checkSource, fileTooLarge, type SourceSettings, useSource } from './weights-source.js';

export type Imports = ReturnType<typeof createImports>;

type ImportDeps = Readonly<{ sources: SourceSettings; converter: Pick<Converter, 'run'>; modelsDir: string }>;

/** An import with the sample images that its form has. */
export type ImportCommand = Readonly<{ request: ModelImport; samples: ImportSamples | undefined }>;

/** Client for which the service fetches weights, until `signal` aborts. */
type FetchCaller = Readonly<{ client: string; signal: AbortSignal }>;

/** Imports models into `modelsDir`. */
export function createImports({ sources, converter, modelsDir }: ImportDeps) {
  const convert = (path: string, { request, samples }: ImportCommand, client: string, signal?: AbortSignal) =>
    converter.run('import', { path, request, samples, modelsDir }, client, signal === undefined ? {} : { signal });

  return {
    /**
     * Saves the weights of an uploaded file as a model. `isComplete` is called after the end of the stream and tells whether the
     * whole file arrived. Throws `invalid_weights`, `logits_mismatch`, `invalid_image`, `payload_too_large`, `insufficient_storage`
     * or `unavailable`.
     */
    create(command: ImportCommand, file: Readable, isComplete: () => boolean, client: string): Promise<ModelReference> {
      return sources.uploads.use(file, async (path) => {
        if (!isComplete()) throw fileTooLarge(sources.maxBytes);
        return convert(path, command, client);
      });
    },

    /** Returns the wrong fields of `weights`, at `pointer`, in a request whose file the service fetches. */
    check: ({ weights }: ModelImport, pointer: string): FieldError[] =>
      weights === undefined ? [{ pointer, message: 'is required' }] : checkSource(weights, sources, pointer),

    /**
     * Saves the weights of the file that `weights`, at `pointer`, names as a model, until `signal` aborts. Throws as `create`, and
     * `invalid_request` or `download_failed` if the file cannot be had.
     */
    fetch(command: ImportCommand, pointer: string, { client, signal }: FetchCaller): Promise<ModelReference> {
      return useSource(command.request.weights ?? {}, sources, { pointer, signal }, (path) =>
        convert(path, command, client, signal),
      );
    },
  };
}
