/** What the API does with data sets: the uploaded archive lies on the disk, and a process of its own reads it. */
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

type Deps = Readonly<{
  importedDir: string;
  uploads: Uploads;
  converter: Pick<Converter, 'run'>;
  /** Checks the files of built-in data sets. Default: they are taken to be there. */
  verifier?: DatasetVerifier;
}>;

export type Datasets = Awaited<ReturnType<typeof openDatasets>>;

/** Makes the folder of imported data sets, and removes what imports that died have left in it. */
export async function openDatasets({ importedDir, uploads, converter, verifier }: Deps) {
  await mkdir(importedDir, { recursive: true });
  await removeLeftovers(importedDir);
  const find = (name: string): Promise<DatasetInfo> => describeDataset(name, { importedDir });

  return {
    /** Throws `dataset_not_found`, `dataset_corrupt`. */
    find,
    /** Checks the files of a built-in data set; imported ones were checked when they came. Throws `dataset_corrupt`. */
    async verify(name: string): Promise<void> {
      if (isBuiltIn(name)) await verifier?.verify(name);
    },

    /** Returns a page of the data sets. */
    list: coalesce((page: DatasetQuery): Promise<DatasetPage> => listDatasets(importedDir, page), JSON.stringify),

    /** A page of the files that an import left out. Throws what `find` does. */
    async leftOut(name: string, query: LeftOutQuery): Promise<LeftOutPage> {
      const { imported } = await find(name);
      const path = join(pathIn(importedDir, { datasetName: name }), LEFT_OUT_FILE);
      return readLeftOut(path, imported?.leftOut?.files ?? 0, query);
    },

    /** Imports a ZIP archive. Throws `invalid_dataset`, `dataset_exists`, `insufficient_storage`, `unavailable`. */
    async create(name: string, options: DatasetImport, archive: Readable, client: string): Promise<DatasetInfo> {
      requireImported(name);
      return uploads.use(archive, (path) => converter.run('dataset', { path, name, options, importedDir }, client));
    },

    /**
     * Removes an imported data set, whole and at once. The folder is renamed away first and `requireUnused` is asked again: what
     * came to need it at that moment brings it back. Throws `dataset_not_found`, `dataset_held`, and what `requireUnused` throws.
     */
    async remove(name: string, requireUnused: () => Promise<void>): Promise<void> {
      requireImported(name);
      await find(name).catch((error: unknown) => {
        // One that is damaged may go.
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
    `The data set ${name} is the service's own: it is neither replaced nor removed.`,
  );
}
