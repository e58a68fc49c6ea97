/** SHA-256 of bytes, texts and files. */
import { type BinaryToTextEncoding, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Maximum number of bytes of one call of `update`, which takes less than 2 GiB. */
const UPDATE_BYTES = 2 ** 26;

/** Digest of bytes that arrive one after the other. */
export type Sha256 = Readonly<{ update(bytes: Uint8Array | string): void; digest(): string }>;

/** Starts a digest; `digest` returns it in hexadecimal, once. */
export function createSha256(): Sha256 {
  const hash = createHash('sha256');
  return {
    update(content) {
      if (typeof content === 'string') hash.update(content);
      else {
        for (let start = 0; start < content.length; start += UPDATE_BYTES)
          hash.update(content.subarray(start, start + UPDATE_BYTES));
      }
    },
    digest: () => hash.digest('hex'),
  };
}

/** Returns the SHA-256 of a text or of bytes, in hexadecimal by default. */
export const sha256 = (content: Uint8Array | string, encoding: BinaryToTextEncoding = 'hex'): string =>
  createHash('sha256').update(content).digest(encoding);

type FileOptions = Readonly<{
  /** The file is compressed by gzip, and the digest is that of its uncompressed bytes. Default false. */
  isGzip?: boolean;
  signal?: AbortSignal | undefined;
}>;

/** Returns the SHA-256 of a file, in hexadecimal. Reads it in small pieces. Throws the error of the file system or of the signal. */
export async function sha256OfFile(path: string, { isGzip = false, signal }: FileOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  const source = createReadStream(path);
  const options = signal === undefined ? {} : { signal };
  if (isGzip) await pipeline(source, createGunzip(), hash, options);
  else await pipeline(source, hash, options);
  return hash.digest('hex');
}
