/** Data sets of the API: listing, importing and removing. The converter process reads uploaded archives. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { coalesce } from '../concurrency/coalesce.js';
import type {
  DatasetImport,
  DatasetInfo,
  DatasetPage,
  DatasetQuery,
  LeftOutPage,
  LeftOutQuery,
} from '../contracts/datasets/dataset.js';
import { TrainyardError } from '../errors/errors.js';
import { pathIn } from '../files/checked-paths.js';
import { removeLeftovers } from '../files/leftovers.js';
import { removeFolder } from '../files/removal.js';
import type { Uploads } from '../files/uploads.js';
import type { Converter } from '../processes/converter-process.js';
import { type DatasetVerifier, describeDataset, isBuiltIn, listDatasets } from './index.js';
import { LEFT_OUT_FILE, readLeftOut } from './left-out.js';

type DatasetDeps = Readonly<{
  importedDir: string;
  uploads: Uploads;
  converter: Pick<Converter, 'run'>;
  /** Checks the files of built-in data sets. Default: no check. */
  verifier?: DatasetVerifier;
}>;

export type Datasets = Awaited<ReturnType<typeof openDatasets>>;

/** Creates the folder of imported data sets, and removes what crashed imports have left in it. */
export async function openDatasets({ importedDir, uploads, converter, verifier }: DatasetDeps) {
  await mkdir(importedDir, { recursive: true });
  await removeLeftovers(importedDir);
  const find = (name: string): Promise<DatasetInfo> => describeDataset(name, { importedDir });

  return {
    /** Returns the description of a data set. Throws `dataset_not_found` or `dataset_corrupt`. */
    find,
    /** Checks the files of a built-in data set. Imported ones were checked at their import. Throws `dataset_corrupt`. */
    async verify(name: string): Promise<void> {
      if (isBuiltIn(name)) await verifier?.verify(name);
    },

    /** Returns a page of the data sets. */
    list: coalesce((page: DatasetQuery): Promise<DatasetPage> => listDatasets(importedDir, page), JSON.stringify),

    /** Returns a page of the files that an import left out. Throws like `find`. */
    async leftOut(name: string, query: LeftOutQuery): Promise<LeftOutPage> {
      const { imported } = await find(name);
      const path = join(pathIn(importedDir, { datasetName: name }), LEFT_OUT_FILE);
      return readLeftOut(path, imported?.leftOut?.files ?? 0, query);
    },

    /** Imports a ZIP archive. Throws `invalid_dataset`, `dataset_exists`, `dataset_held`, `insufficient_storage` or `unavailable`. */
    async create(name: string, options: DatasetImport, archive: Readable, client: string): Promise<DatasetInfo> {
      requireImported(name);
      return uploads.use(archive, (path) => converter.run('dataset', { path, name, options, importedDir }, client));
    },

    /**
     * Removes an imported data set in one step. Calls `requireUnused` before and after, and restores the data set if it throws.
     * Throws `dataset_not_found`, `dataset_held`, and the error of `requireUnused`.
     */
    async remove(name: string, requireUnused: () => Promise<void>): Promise<void> {
      requireImported(name);
      await find(name).catch((error: unknown) => {
        // A damaged data set may be removed.
        if (!(error instanceof TrainyardError && error.code === 'dataset_corrupt')) throw error;
      });
      await requireUnused();
      const folder = pathIn(importedDir, { datasetName: name });
      if (!(await removeFolder(folder, { root: importedDir, requireUnused }))) await find(name); // throws `dataset_not_found`
    },
  };
}

function requireImported(name: string): void {
  if (!isBuiltIn(name)) return;
  throw new TrainyardError(
    'dataset_held',
    `The data set ${name} is built in and can be neither replaced nor removed. Choose another name.`,
  );
}
