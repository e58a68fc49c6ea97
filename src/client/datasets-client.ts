/** Calls under /datasets. */
import type { CallOptions, DatasetInfo, DatasetPage, LeftOutFile, LeftOutPage, Query } from './client-types.js';
import { createListing, type Listing } from './listing.js';
import { readChunks, requireFiles } from './platform-files.js';
import { json, nothing, pathOf, type RequestBody, type Transport } from './transport.js';

/** A ZIP archive: a Blob or File, its bytes, or its path (not in browsers). */
export type ArchiveInput = Blob | Uint8Array | ArrayBuffer | string | URL;

export type ImportOptions = Query<'importDataset'> & CallOptions;

export type Datasets = ReturnType<typeof createDatasets>;

export function createDatasets({ request }: Transport) {
  return {
    /** Lists data sets, in the order of their names. */
    list: ({
      signal,
      timeoutMs,
      ...query
    }: Query<'listDatasets'> & CallOptions = {}): Listing<DatasetInfo, DatasetPage> =>
      createListing(
        ({ signal, timeoutMs, ...query }) =>
          request({ signal, timeoutMs, path: '/datasets', query, read: json<DatasetPage> }),
        (page) => page.datasets,
        { signal, timeoutMs, ...query },
      ),

    get: (name: string, options: CallOptions = {}) =>
      request({ ...options, path: pathOf`/datasets/${name}`, read: json<DatasetInfo> }),

    /** Deletes an imported data set. Rejects with `dataset_held` while a job needs it. */
    delete: (name: string, options: CallOptions = {}): Promise<void> =>
      request({ ...options, method: 'DELETE', path: pathOf`/datasets/${name}`, read: nothing }),

    /** Lists the files that an import left out, each with its reason. */
    leftOut: (
      name: string,
      { signal, timeoutMs, ...query }: Query<'listLeftOut'> & CallOptions = {},
    ): Listing<LeftOutFile, LeftOutPage> =>
      createListing(
        ({ signal, timeoutMs, ...query }) =>
          request({ signal, timeoutMs, path: pathOf`/datasets/${name}/left-out`, query, read: json<LeftOutPage> }),
        (page) => page.leftOut,
        { signal, timeoutMs, ...query },
      ),

    /** Imports a ZIP archive of images. Resolves once the service has read every image. */
    import: (
      name: string,
      archive: ArchiveInput,
      { signal, timeoutMs = Number.POSITIVE_INFINITY, ...query }: ImportOptions = {},
    ): Promise<DatasetInfo> =>
      request({
        signal,
        timeoutMs,
        method: 'PUT',
        path: pathOf`/datasets/${name}`,
        query,
        body: () => archiveBody(archive),
        // The same archive with the same options is the same data set.
        retry: true,
        read: json<DatasetInfo>,
      }),
  };
}

async function archiveBody(archive: ArchiveInput): Promise<RequestBody> {
  const type = 'application/zip';
  if (typeof archive === 'string' || archive instanceof URL) {
    const { size } = await requireFiles().fs.stat(archive);
    return { content: ReadableStream.from(readChunks(archive)), type, bytes: size };
  }
  return { content: archive, type };
}
