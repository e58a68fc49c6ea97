/** Calls under /datasets. */
import type { CallOptions, DatasetInfo, DatasetPage, LeftOutFile, LeftOutPage, Query } from './client-types.js';
import { createListing, type Listing } from './listing.js';
import { readChunks, requireFiles } from './platform-files.js';
import { nothing, pathOf, type RequestBody, type Transport } from './transport.js';

/** A ZIP archive: a Blob or File, its bytes, or its path (not in browsers). */
export type ArchiveInput = Blob | Uint8Array | ArrayBuffer | string | URL;

export type ImportOptions = Query<'importDataset'> & CallOptions;

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

  /** Imports a ZIP archive of images. Resolves once the service has read every image. */
  import(name: string, archive: ArchiveInput, options: ImportOptions = {}): Promise<DatasetInfo> {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY, ...query } = options;
    return this.#transport.request({
      signal,
      timeoutMs,
      method: 'PUT',
      path: pathOf`/datasets/${name}`,
      query,
      body: () => archiveBody(archive),
      // The same archive with the same options is the same data set.
      retry: true,
    });
  }
}

async function archiveBody(archive: ArchiveInput): Promise<RequestBody> {
  const type = 'application/zip';
  if (typeof archive === 'string' || archive instanceof URL) {
    const { size } = await requireFiles().fs.stat(archive);
    return { content: ReadableStream.from(readChunks(archive)), type, bytes: size };
  }
  return { content: archive, type };
}
