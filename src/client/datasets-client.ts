/** Calls under /datasets. */
import { delay } from './abort.js';
import { type ArchiveAddress, type ArchiveInput, archiveBody, isAddress, type OnProgress } from './archive-input.js';
import { errorOf } from './client-errors.js';
import type {
  BlankImage,
  BlankImagePage,
  CallOptions,
  DatasetDetails,
  DatasetImage,
  DatasetImagePage,
  DatasetInfo,
  DatasetPage,
  DatasetReport,
  DuplicateGroup,
  DuplicatePage,
  ImportList,
  ImportStatus,
  LeftOutFile,
  LeftOutPage,
  Query,
  SplitName,
} from './client-types.js';
import { createListing, type Listing } from './listing.js';
import { AS_PNG, nothing, pathOf, type Transport } from './transport.js';

export type ImportOptions = Query<'importDataset'> &
  CallOptions &
  Readonly<{
    onProgress?: OnProgress | undefined;
    /** Called with the progress of the import after the upload, or during the download, about twice a second. Aborting then cancels the import. */
    onImport?: ((status: ImportStatus) => void) | undefined;
  }>;

const IMPORT_POLL_MS = 500;
export class Datasets {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists data sets, in the order of their names. */
  list(options: Query<'listDatasets'> & CallOptions = {}): Listing<DatasetInfo, DatasetPage> {
    return createListing(this.#transport, '/datasets', options, (page: DatasetPage) => page.datasets);
  }

  /** Returns a data set with the number of images of each class, and of images that occur several times. */
  get(name: string, options: CallOptions = {}): Promise<DatasetDetails> {
    return this.#transport.request(pathOf`/datasets/${name}`, options);
  }

  /** Deletes an imported data set. Rejects with `dataset_held` while a job needs it. */
  delete(name: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request(pathOf`/datasets/${name}`, options, { method: 'DELETE', read: nothing });
  }

  /** Lists the files that an import left out, each with its reason. */
  leftOut(name: string, options: Query<'listLeftOut'> & CallOptions = {}): Listing<LeftOutFile, LeftOutPage> {
    return createListing(
      this.#transport,
      pathOf`/datasets/${name}/left-out`,
      options,
      (page: LeftOutPage) => page.leftOut,
    );
  }

  /** Lists the images of a split, or of a class in it. */
  images(
    name: string,
    options: Query<'listDatasetImages'> & CallOptions = {},
  ): Listing<DatasetImage, DatasetImagePage> {
    return createListing(
      this.#transport,
      pathOf`/datasets/${name}/images`,
      options,
      (page: DatasetImagePage) => page.images,
    );
  }

  /** Returns an image as a PNG file. With the `version` of the list it rejects with `not_found` if the data set was replaced. */
  image(
    name: string,
    split: SplitName,
    index: number,
    options: Query<'getDatasetImage'> & CallOptions = {},
  ): Promise<Blob> {
    return this.#transport.request(pathOf`/datasets/${name}/images/${split}/${index}`, options, AS_PNG);
  }

  /** Returns the report on a data set: what its import found out about the images, the most important first. */
  report(name: string, options: CallOptions = {}): Promise<DatasetReport> {
    return this.#transport.request(pathOf`/datasets/${name}/report`, options);
  }

  /** Lists the images that show nothing: nearly all pixels have one colour. */
  blankImages(name: string, options: Query<'listBlankImages'> & CallOptions = {}): Listing<BlankImage, BlankImagePage> {
    return createListing(
      this.#transport,
      pathOf`/datasets/${name}/report/blank`,
      options,
      (page: BlankImagePage) => page.images,
    );
  }

  /**
   * Lists groups of images with the same pixels, or of near duplicates (`match: 'near'`): leaks between splits and conflicts between
   * classes first.
   */
  duplicates(
    name: string,
    options: Query<'listDuplicates'> & CallOptions = {},
  ): Listing<DuplicateGroup, DuplicatePage> {
    return createListing(
      this.#transport,
      pathOf`/datasets/${name}/duplicates`,
      options,
      (page: DuplicatePage) => page.groups,
    );
  }

  /**
   * Imports images: an archive, a folder with one folder for each class, or `{ url }`, from which the service fetches the archive. Resolves
   * once the service has read every image.
   */
  async import(
    name: string,
    images: ArchiveInput | ArchiveAddress,
    options: ImportOptions = {},
  ): Promise<DatasetDetails> {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY, onProgress, onImport, ...query } = options;
    let total = 0;
    const report: OnProgress = (sent, bytes) => {
      total = bytes;
      onProgress?.(sent, bytes);
    };
    const answer = await this.#transport.request<DatasetDetails | ImportStatus>(
      pathOf`/datasets/${name}`,
      { signal, timeoutMs, ...query },
      {
        method: 'PUT',
        headers: onImport === undefined ? undefined : { prefer: 'respond-async' },
        ...(isAddress(images) ? { json: images } : { body: (attempt) => archiveBody(images, attempt, report) }),
        // The same archive with the same options is the same data set.
        retry: true,
      },
    );
    if (!isAddress(images)) report(total, total);
    // The service may ignore the preference, and earlier versions do.
    if (onImport === undefined || !('state' in answer)) return answer as DatasetDetails;
    await this.#follow(answer, { signal, onImport });
    return this.get(name, { signal });
  }

  /** Returns the imports that run or have ended in the last hour, newest first, and the largest archive in bytes. */
  imports(options: CallOptions = {}): Promise<ImportList> {
    return this.#transport.request('/dataset-imports', options);
  }

  /** Returns the progress of an import. Rejects with `import_not_found` if its process has died. */
  importStatus(id: string, options: CallOptions = {}): Promise<ImportStatus> {
    return this.#transport.request(pathOf`/dataset-imports/${id}`, options);
  }

  /** Cancels an import. No effect if it has ended. */
  cancelImport(id: string, options: CallOptions = {}): Promise<ImportStatus> {
    return this.#transport.request(pathOf`/dataset-imports/${id}`, options, { method: 'DELETE' });
  }

  /** Waits for the end of an import. Rejects with its error. Cancels it if the signal aborts. */
  async #follow(status: ImportStatus, { signal, onImport }: Pick<ImportOptions, 'signal' | 'onImport'>): Promise<void> {
    let current = status;
    try {
      while (['uploading', 'waiting', 'reading'].includes(current.state)) {
        onImport?.(current);
        await delay(IMPORT_POLL_MS, signal);
        current = await this.importStatus(status.id, { signal });
      }
    } catch (error) {
      if (signal?.aborted) await this.cancelImport(status.id).catch(() => undefined);
      throw error;
    }
    onImport?.(current);
    if (current.state === 'succeeded') return;
    const { error } = current;
    throw errorOf(error?.status ?? 500, JSON.stringify(error) ?? '');
  }
}
