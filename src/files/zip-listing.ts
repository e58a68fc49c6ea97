/** List of files of a ZIP archive, and the headers before their bytes. The archive may be a file, a region of one, or a buffer. */
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import type { ByteSource } from './byte-source.js';

/** Bytes of a file's header before its name. */
export const ZIP_HEADER_BYTES = 30;
const HEADER_SIGNATURE = 0x04034b50;
/** Bytes to read ahead: yauzl reads the list of files in pieces of about fifty bytes. */
const READ_AHEAD = 2 ** 18;

/** Opens the list of files at the end of an archive. Names stay bytes. Throws yauzl's errors if there is no such list. */
export const openZipListing = (source: ByteSource): Promise<ZipFile> =>
  fromRandomAccessReaderPromise(new SourceReader(source), source.size, {
    ...{ autoClose: false, decodeStrings: false, validateEntrySizes: false },
  });

/** Returns the length of a file's header with its name and extra field. Undefined if `header` does not begin with a header. */
export function zipHeaderLength(header: Buffer): number | undefined {
  if (header.length < ZIP_HEADER_BYTES || header.readUInt32LE(0) !== HEADER_SIGNATURE) return undefined;
  return ZIP_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/** Lets yauzl read a source, with read-ahead for the list of files. */
class SourceReader extends RandomAccessReader {
  #ahead: Readonly<{ at: number; bytes: Buffer }> = { at: 0, bytes: Buffer.alloc(0) };

  constructor(private readonly source: ByteSource) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#bytes(position, length).then((bytes) => {
      bytes.copy(buffer, offset);
      callback(null, bytes.length);
    }, callback);
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null); // the owner of the source closes it
  }

  async #bytes(position: number, length: number): Promise<Buffer> {
    const { at, bytes } = this.#ahead;
    if (position < at || position + length > at + bytes.length)
      this.#ahead = { at: position, bytes: await this.source.read(position, Math.max(length, READ_AHEAD)) };
    const from = position - this.#ahead.at;
    return this.#ahead.bytes.subarray(from, from + length);
  }
}
