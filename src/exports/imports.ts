/** Models from weights of elsewhere: the upload lies on the disk, and a process of its own reads it. */
import type { Readable } from 'node:stream';
import type { ModelImport } from '../contracts/models/model-import.js';
import type { ModelReference } from '../contracts/references/model-reference.js';
import { TrainyardError } from '../errors/errors.js';
import type { Uploads } from '../files/uploads.js';
import type { Converter } from '../processes/converter-process.js';

export type Imports = ReturnType<typeof createImports>;

type Deps = Readonly<{ uploads: Uploads; converter: Pick<Converter, 'run'>; modelsDir: string }>;

export function createImports({ uploads, converter, modelsDir }: Deps) {
  return {
    /**
     * Stores the weights of a safetensors file as a model. `whole` says whether all of it arrived, once the stream has ended.
     * Throws `invalid_weights`, `payload_too_large`, `insufficient_storage`, `unavailable`.
     */
    create(request: ModelImport, file: Readable, whole: () => boolean, client: string): Promise<ModelReference> {
      return uploads.use(file, async (path) => {
        if (!whole()) {
          throw new TrainyardError(
            'payload_too_large',
            'The file is larger than MAX_IMPORT_MB allows: see the settings.',
          );
        }
        return converter.run('import', { path, request, modelsDir }, client);
      });
    },
  };
}
