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
  DatasetSource,
  LeftOutPage,
  LeftOutQuery,
} from '../contracts/datasets/dataset.js';
import type { DatasetDetails, SplitName } from '../contracts/datasets/dataset-content.js';
import type { ImportStatus } from '../contracts/datasets/dataset-import-status.js';
import { TrainyardError } from '../errors/errors.js';
import { pathIn } from '../files/checked-paths.js';
import { removeLeftovers } from '../files/leftovers.js';
import { removeFolder } from '../files/removal.js';
import type { Uploads } from '../files/uploads.js';
import type { Converter } from '../processes/converter-process.js';
import { checkDatasetSource, type DownloadSettings, fetchArchive } from './archive-download.js';
import { createDatasetImages } from './image-answers.js';
import { type ImportBoard, trackImport } from './import-tracker.js';
import {
  type DatasetVerifier,
  describeDataset,
  isBuiltIn,
  listDatasets,
  splitDigest,
  testDigest,
  testPaths,
} from './index.js';
import { LEFT_OUT_FILE, readLeftOut } from './left-out.js';

type DatasetDeps = Readonly<{
  /** Folder of the data sets that set-up fetches (`DATASETS_DIR`). */
  datasetsDir: string;
  importedDir: string;
  uploads: Uploads;
  converter: Pick<Converter, 'run'>;
  /** Shows running imports to all API processes. */
  imports: ImportBoard;
  /** Limits of archives that the service fetches. */
  downloads: DownloadSettings;
  /** Checks the files of built-in data sets. Default: no check. */
  verifier?: DatasetVerifier;
}>;

/** Body of an import. `totalBytes`: its length, if the client said so. */
type Upload = Readonly<{ archive: Readable; client: string; totalBytes: number | undefined }>;

/** Address of an archive. `signal` aborts if nobody waits for the import any more. */
type Fetch = Readonly<{ source: DatasetSource; client: string; signal?: AbortSignal | undefined }>;

type StartedImport = Readonly<{
  /** Resolves with the status when the archive has arrived. Undefined if it has not, or if the registry does not show the import. */
  uploaded: Promise<ImportStatus | undefined>;
  result: Promise<DatasetDetails>;
}>;

export type Datasets = Awaited<ReturnType<typeof openDatasets>>;

/** Creates the folder of imported data sets, and removes what crashed imports have left in it. */
export async function openDatasets({
  datasetsDir,
  importedDir,
  uploads,
  converter,
  imports,
  verifier,
  downloads,
}: DatasetDeps) {
  await mkdir(importedDir, { recursive: true });
  await removeLeftovers(importedDir);
  const find = (name: string): Promise<DatasetInfo> => describeDataset(name, { importedDir });

  const images = createDatasetImages({ datasetsDir, importedDir });

  return {
    /** Numbers of images, single images and duplicates. */
    images,
    /** Returns the description of a data set. Throws `dataset_not_found` or `dataset_corrupt`. */
    find,
    /**
     * Checks the files of a built-in data set by their digests. Those of an imported one were written by its import: checks that they are
     * there and whole. Throws `dataset_corrupt`.
     */
    async verify(name: string): Promise<void> {
      if (isBuiltIn(name)) await verifier?.verify(name);
      else await images.requireFiles(name);
    },

    /** Returns a digest of the present test images and labels of a data set. Throws `dataset_not_found` or `dataset_corrupt`. */
    testDigest: (name: string, seed: number): Promise<string> => testDigest(name, seed, { importedDir }),

    /** Returns the paths of test images in their archive; undefined if they are not known. Throws like `testDigest`. */
    testPaths: (name: string, images: readonly number[]) => testPaths(name, images, { importedDir }),
    /** Present state of single splits. */
    splits: createSplits(importedDir),

    /** Returns a page of the data sets. */
    list: coalesce((page: DatasetQuery): Promise<DatasetPage> => listDatasets(importedDir, page), JSON.stringify),

    /** Returns a page of the files that an import left out. Throws like `find`. */
    async leftOut(name: string, query: LeftOutQuery): Promise<LeftOutPage> {
      const { imported } = await find(name);
      const path = join(pathIn(importedDir, { datasetName: name }), LEFT_OUT_FILE);
      return readLeftOut(path, imported?.leftOut?.files ?? 0, query);
    },

    /** Imports that run or have ended in the last hour. */
    imports,

    ...createImports({ importedDir, uploads, converter, imports, downloads }, images.details),

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

type ImportDeps = Pick<DatasetDeps, 'importedDir' | 'uploads' | 'converter' | 'imports' | 'downloads'>;

/** Imports of archives, which clients send or which the service fetches. */
function createImports(
  { importedDir, uploads, converter, imports, downloads }: ImportDeps,
  detailsOf: (name: string) => Promise<DatasetDetails>,
) {
  return {
    /**
     * Begins to import a ZIP archive. `result` rejects with `invalid_dataset`, `dataset_exists`, `import_cancelled`,
     * `insufficient_storage` or `unavailable`. Throws `dataset_held`.
     */
    begin(name: string, options: DatasetImport, { archive, client, totalBytes }: Upload): StartedImport {
      requireImported(name);
      const tracked = trackImport(imports, { name, totalBytes });
      const { signal } = tracked;
      signal.addEventListener('abort', () => archive.destroy(signal.reason as Error));
      let arrive: (isShown: boolean | Promise<boolean>) => void = () => undefined;
      const arrived = new Promise<boolean>((resolve) => {
        arrive = resolve;
      });
      const read = async (path: string): Promise<void> => {
        arrive(tracked.uploaded());
        const command = { path, name, options, importedDir };
        await converter.run('dataset', command, client, { signal, onProgress: tracked.reading });
      };
      const result = tracked.run(async () => {
        await uploads.use(archive, read, tracked.received);
        return detailsOf(name);
      });
      result.catch(() => arrive(false));
      return { result, uploaded: arrived.then((isShown) => (isShown ? tracked.status() : undefined)) };
    },

    /** Returns the wrong fields of an address, without a look at the network. */
    checkSource: (source: DatasetSource) => checkDatasetSource(source, downloads),

    /**
     * Begins to fetch and import an archive. `status` resolves with the status as soon as the registry shows the import. `result` rejects
     * like that of `begin`, and with `invalid_request`, `payload_too_large` and `download_failed`.
     */
    fetch(name: string, options: DatasetImport, { source, client, signal: own }: Fetch) {
      requireImported(name);
      const tracked = trackImport(imports, { name, totalBytes: undefined });
      const signal = own === undefined ? tracked.signal : AbortSignal.any([tracked.signal, own]);
      const read = async (path: string): Promise<void> => {
        await tracked.uploaded();
        const command = { path, name, options, importedDir };
        await converter.run('dataset', command, client, { signal, onProgress: tracked.reading });
      };
      const result = tracked.run(async () => {
        await fetchArchive(source, downloads, { uploads, signal, onBytes: tracked.downloaded }, read);
        return detailsOf(name);
      });
      return { result, status: tracked.shown() };
    },
  };
}

const createSplits = (importedDir: string) => ({
  /** Returns a digest of the images and labels of a split. Throws as `testDigest`, and `invalid_request` without such a split. */
  digest: (name: string, split: SplitName): Promise<string> => splitDigest(name, split, { importedDir }),
  /** Returns the paths of images of a split in their archive; undefined if they are not known. Throws like `testDigest`. */
  paths: (name: string, split: SplitName, images: readonly number[]) => testPaths(name, images, { importedDir }, split),
});

function requireImported(name: string): void {
  if (!isBuiltIn(name)) return;
  throw new TrainyardError(
    'dataset_held',
    `The data set ${name} is built in and can be neither replaced nor removed. Choose another name.`,
  );
}
