/** Imports of models: uploaded weights, which the converter process turns into a stored model. */
import type { Readable } from 'node:stream';
import type { ModelImport } from '../contracts/models/model-import.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { Uploads } from '../files/uploads.js';
import type { Converter } from '../processes/converter-process.js';

export type Imports = ReturnType<typeof createImports>;

type ImportDeps = Readonly<{ uploads: Uploads; converter: Pick<Converter, 'run'>; modelsDir: string }>;

/** Imports models into `modelsDir`. */
export function createImports({ uploads, converter, modelsDir }: ImportDeps) {
  return {
    /**
     * Saves the weights of a safetensors file as a model. `isComplete` is called after the end of the stream and tells whether the
     * whole file arrived. Throws `invalid_weights`, `payload_too_large`, `insufficient_storage` or `unavailable`.
     */
    create(request: ModelImport, file: Readable, isComplete: () => boolean, client: string): Promise<ModelReference> {
      return uploads.use(file, async (path) => {
        if (!isComplete()) {
          throw new TrainyardError(
            'payload_too_large',
            'The file is larger than the setting MAX_IMPORT_MB allows. Send a smaller file, or raise the setting.',
          );
        }
        return converter.run('import', { path, request, modelsDir }, client);
      });
    },
  };
}
