/** Durable writes: after a crash or a power cut a file is complete or absent. */
import { type FileHandle, open } from 'node:fs/promises';
import { sha256 } from './sha256.js';

/** Writes a file from one or more parts and waits until it is on the disk. The file must not exist yet. */
export async function writeDurably(path: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    if (typeof content === 'string') await file.writeFile(content);
    else await writeParts(file, content instanceof Uint8Array ? [content] : content);
    await file.sync();
  });
}

/**
 * Begins to write a file, which must not exist yet. Resolves when the write has begun, so that the caller can create the next file
 * meanwhile. `digest` resolves with the SHA-256 when the file is on the disk.
 */
export async function beginWriting(path: string, content: Uint8Array): Promise<Readonly<{ digest: Promise<string> }>> {
  const file = await open(path, 'wx');
  const digest = writeHashed(file, content);
  digest.catch(() => undefined); // the error is thrown to whoever awaits it later
  return { digest };
}

async function writeHashed(file: FileHandle, content: Uint8Array): Promise<string> {
  try {
    const writing = writeParts(file, [content]);
    const digest = sha256(content);
    await writing;
    await file.sync();
    return digest;
  } finally {
    await file.close();
  }
}

/** Maximum number of bytes of one call: the system takes 2 GiB, and Node.js counts written bytes in 31 bits. */
const CALL_BYTES = 2 ** 28;

/** Writes the parts with few calls, because each waits for the event loop, which may be busy. */
async function writeParts(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let remaining = [...parts];
  while (remaining.length > 0) {
    const call = firstBytes(remaining, CALL_BYTES);
    let { bytesWritten } = await file.writev(call);
    if (bytesWritten <= 0 && call.some(({ length }) => length > 0))
      throw new Error('The system wrote no bytes to the file.');
    const unfinished = remaining.findIndex((part) => {
      if (part.length > bytesWritten) return true;
      bytesWritten -= part.length;
      return false;
    });
    remaining = unfinished < 0 ? [] : remaining.slice(unfinished);
    const [first] = remaining;
    if (first !== undefined) remaining[0] = first.subarray(bytesWritten);
  }
}

/** Returns the parts that make up the first `bytes` bytes; cuts the last one. */
function firstBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  for (const part of parts) {
    if (bytes <= 0) break;
    first.push(part.subarray(0, bytes));
    bytes -= part.length;
  }
  return first;
}

/** Waits until the content of an existing file is on the disk. */
export const syncFile = (path: string): Promise<void> => withFile(path, 'r+', (file) => file.sync());

/** Waits until created, renamed and removed entries of a folder are on the disk. */
export const syncFolder = (path: string): Promise<void> => withFile(path, 'r', (folder) => folder.sync());

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
