/** Exports and imports of models as files. */
import type { Converter } from '../processes/converter-process.js';
import type { ModelStore } from '../store/index.js';
import { createExports } from './model-exports.js';
import { createImports } from './model-imports.js';
import type { SourceSettings } from './weights-source.js';

export type { ExportedFile, Exports } from './model-exports.js';
export type { ImportCommand, Imports } from './model-imports.js';

type FileExchangeDeps = Readonly<{
  store: Pick<ModelStore, 'get'>;
  sources: SourceSettings;
  converter: Pick<Converter, 'run'>;
  modelsDir: string;
}>;

/** Returns the exports and imports of the models in `modelsDir`, as the API takes them. */
export const createFileExchange = ({ store, sources, converter, modelsDir }: FileExchangeDeps) => ({
  exports: createExports({ store, converter }),
  imports: createImports({ sources, converter, modelsDir }),
});
