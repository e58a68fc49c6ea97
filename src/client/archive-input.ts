/** Archives of a data set import: an archive as it is, or packed from a folder or a list of files. */
import type { LinkedAbort } from './abort.js';
import { chunksOf, streamOf, withProgress } from './byte-streams.js';
import { hasFiles, pathOfFile, readChunks, requireFiles } from './platform-files.js';
import { type RequestBody, typed } from './transport.js';
import { writeZip, type ZipSource, zipBytes } from './zip-writer.js';

/**
 * Images for a data set: a ZIP archive (Blob, bytes, or its path), the path of a folder, or files whose `webkitRelativePath` or name
 * contains the folder of the class. There are no paths in browsers.
 */
export type ArchiveInput = Blob | Uint8Array | ArrayBuffer | string | URL | readonly File[];

/** Address from which the service fetches an archive. */
export type ArchiveAddress = Readonly<{ url: string; sha256?: string | undefined }>;

/** Tells whether the service is to fetch the archive. */
export const isAddress = (input: ArchiveInput | ArchiveAddress): input is ArchiveAddress =>
  typeof input === 'object' && 'url' in input && typeof input.url === 'string';

/** Called with the bytes sent so far and their total. A browser reports only the start and the end of the upload. */
export type OnProgress = (sentBytes: number, totalBytes: number) => void;

type Archive = Readonly<{ bytes: number; chunks: () => AsyncIterable<Uint8Array>; blob?: Blob }>;

/** Returns the body of an import. Aborts the attempt if a file cannot be read. */
export async function archiveBody(
  input: ArchiveInput,
  attempt: LinkedAbort,
  onProgress?: OnProgress,
): Promise<RequestBody> {
  const { bytes, chunks, blob } = await openArchive(input);
  const headers = typed('application/zip');
  onProgress?.(0, bytes);
  if (!hasFiles()) return { headers, content: blob ?? (await toBlob(chunks())) };
  const counted = withProgress(chunks(), (sent) => onProgress?.(sent, bytes));
  return {
    headers: { ...headers, 'content-length': String(bytes) },
    content: streamOf(counted, { onError: attempt.abort }),
  };
}

async function openArchive(input: ArchiveInput): Promise<Archive> {
  if (typeof input === 'string' || input instanceof URL) {
    const path = pathOfFile(input);
    const found = await requireFiles().stat(path);
    if (found.isDirectory()) return packed(await walkFolder(path));
    return { bytes: found.size, chunks: () => readChunks(path) };
  }
  if (Array.isArray(input)) return packed((input as readonly File[]).map(sourceOf));
  const blob = input instanceof Blob ? input : new Blob([input as ArrayBuffer]);
  return { bytes: blob.size, chunks: () => chunksOf(blob.stream() as ReadableStream), blob };
}

const packed = (sources: readonly ZipSource[]): Archive => ({
  bytes: zipBytes(sources),
  chunks: () => writeZip(sources),
});

function sourceOf(file: File): ZipSource {
  const { webkitRelativePath: path } = file as { webkitRelativePath?: string };
  return { name: path || file.name, size: file.size, read: async () => new Uint8Array(await file.arrayBuffer()) };
}

/** Lists the files of a folder, sorted by path. Skips hidden files, and symbolic links to folders: they may form a loop. */
async function walkFolder(root: string): Promise<ZipSource[]> {
  const fs = requireFiles();
  async function walk(folder: string): Promise<ZipSource[]> {
    const children = await fs.readdir(`${root}/${folder}`, { withFileTypes: true });
    const found: ZipSource[] = [];
    for (const child of children.filter((each) => !each.name.startsWith('.'))) {
      const name = `${folder}${child.name}`;
      const path = `${root}/${name}`;
      if (child.isDirectory()) found.push(...(await walk(`${name}/`)));
      else if (child.isFile() || child.isSymbolicLink()) {
        const file = await fs.stat(path);
        if (file.isFile()) found.push({ name, size: file.size, read: () => fs.readFile(path) });
      }
    }
    return found;
  }
  return (await walk('')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Bytes after which chunks become a blob, which a browser keeps outside of the memory of the page. */
const BLOB_BYTES = 2 ** 24;

async function toBlob(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  const blobs: Blob[] = [];
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk as Uint8Array<ArrayBuffer>);
    bytes += chunk.byteLength;
    if (bytes < BLOB_BYTES) continue;
    blobs.push(new Blob(parts));
    [parts, bytes] = [[], 0];
  }
  return new Blob([...blobs, ...parts]);
}
