/** Exports and imports of models as files. */
import type { Uploads } from '../files/uploads.js';
import type { Converter } from '../processes/converter-process.js';
import type { ModelStore } from '../store/index.js';
import { createExports } from './model-exports.js';
import { createImports } from './model-imports.js';

export type { ExportedFile, Exports } from './model-exports.js';
export type { Imports } from './model-imports.js';

type FileExchangeDeps = Readonly<{
  store: Pick<ModelStore, 'get'>;
  uploads: Uploads;
  converter: Pick<Converter, 'run'>;
  modelsDir: string;
}>;

/** Returns the exports and imports of the models in `modelsDir`, as the API takes them. */
export const createFileExchange = ({ store, uploads, converter, modelsDir }: FileExchangeDeps) => ({
  exports: createExports({ store, converter }),
  imports: createImports({ uploads, converter, modelsDir }),
});
