/** Imports of models: weights that are uploaded, downloaded or on this machine, which the converter process turns into a stored model. */
import type { Readable } from 'node:stream';
import type { ImportSamples } from '../contracts/models/import-samples.js';
import type { ModelImport } from '../contracts/models/model-import.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { type FieldError, TrainyardError } from '../errors/errors.js';
import type { Converter } from '../processes/converter-process.js';
import { checkSource, type SourceSettings, useSource } from './weights-source.js';

export type Imports = ReturnType<typeof createImports>;

type ImportDeps = Readonly<{ sources: SourceSettings; converter: Pick<Converter, 'run'>; modelsDir: string }>;

/** An import with the sample images that its form has. */
type ImportCommand = Readonly<{ request: ModelImport; samples: ImportSamples | undefined }>;

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
        if (!isComplete()) {
          throw new TrainyardError(
            'payload_too_large',
            'The file is larger than the setting MAX_IMPORT_MB allows. Send a smaller file, or raise the setting.',
          );
        }
        return convert(path, command, client);
      });
    },

    /** Returns the wrong fields of `weights` in a request whose file the service fetches. */
    check: ({ weights }: ModelImport): FieldError[] =>
      weights === undefined ? [{ pointer: '/weights', message: 'is required' }] : checkSource(weights, sources),

    /**
     * Saves the weights of the file that `weights` names as a model, until `signal` aborts. Throws as `create`, and `invalid_request`
     * or `download_failed` if the file cannot be had.
     */
    fetch(request: ModelImport, client: string, signal: AbortSignal): Promise<ModelReference> {
      return useSource(request.weights ?? {}, sources, signal, (path) =>
        convert(path, { request, samples: undefined }, client, signal),
      );
    },
  };
}
