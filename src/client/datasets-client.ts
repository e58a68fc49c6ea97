/** Calls under /datasets. */
import { type ArchiveInput, archiveBody, type OnProgress } from './archive-input.js';
import type { CallOptions, DatasetInfo, DatasetPage, LeftOutFile, LeftOutPage, Query } from './client-types.js';
import { createListing, type Listing } from './listing.js';
import { nothing, pathOf, type Transport } from './transport.js';

export type ImportOptions = Query<'importDataset'> & CallOptions & Readonly<{ onProgress?: OnProgress | undefined }>;

export class Datasets {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists data sets, in the order of their names. */
  list(options: Query<'listDatasets'> & CallOptions = {}): Listing<DatasetInfo, DatasetPage> {
    return createListing(this.#transport, '/datasets', options, (page: DatasetPage) => page.datasets);
  }

  get(name: string, options: CallOptions = {}): Promise<DatasetInfo> {
    return this.#transport.request({ ...options, path: pathOf`/datasets/${name}` });
  }

  /** Deletes an imported data set. Rejects with `dataset_held` while a job needs it. */
  delete(name: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.request({ ...options, method: 'DELETE', path: pathOf`/datasets/${name}`, read: nothing });
  }

  /** Lists the files that an import left out, each with its reason. */
  leftOut(name: string, options: Query<'listLeftOut'> & CallOptions = {}): Listing<LeftOutFile, LeftOutPage> {
    const path = pathOf`/datasets/${name}/left-out`;
    return createListing(this.#transport, path, options, (page: LeftOutPage) => page.leftOut);
  }

  /** Imports images: a ZIP archive, or a folder with one folder for each class. Resolves once the service has read every image. */
  async import(name: string, images: ArchiveInput, options: ImportOptions = {}): Promise<DatasetInfo> {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY, onProgress, ...query } = options;
    let total = 0;
    const report: OnProgress = (sent, bytes) => {
      total = bytes;
      onProgress?.(sent, bytes);
    };
    const imported = await this.#transport.request<DatasetInfo>({
      signal,
      timeoutMs,
      method: 'PUT',
      path: pathOf`/datasets/${name}`,
      query,
      body: (attempt) => archiveBody(images, attempt, report),
      // The same archive with the same options is the same data set.
      retry: true,
    });
    report(total, total);
    return imported;
  }
}
