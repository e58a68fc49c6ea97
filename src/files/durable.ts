/** Files and folders that are whole or absent after a crash or a power cut. */
import { type FileHandle, open } from 'node:fs/promises';
import { sha256 } from './sha256.js';

/** Writes a file, whole or in parts, and waits until it is on the disk. The file must not exist yet. */
export async function writeDurably(path: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    if (typeof content === 'string') await file.writeFile(content);
    else await writeParts(file, content instanceof Uint8Array ? [content] : content);
    await file.sync();
  });
}

/**
 * Begins to write a file that does not exist yet. Resolves when the system is at it, with what waits until it is on the disk and
 * answers with its SHA-256: the caller can make the next one meanwhile.
 */
export async function beginWriting(path: string, content: Uint8Array): Promise<Readonly<{ digest: Promise<string> }>> {
  const file = await open(path, 'wx');
  const digest = writeHashed(file, content);
  digest.catch(() => undefined); // whoever waits for it later is told
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

/** Most bytes of one call: the system takes 2 GiB, and Node.js counts what was written in 31 bits. */
const CALL_BYTES = 2 ** 28;

/** In few calls: each waits for a turn of an event loop that may be busy. */
async function writeParts(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let left = [...parts];
  while (left.length > 0) {
    const call = firstBytes(left, CALL_BYTES);
    let { bytesWritten } = await file.writev(call);
    if (bytesWritten <= 0 && call.some(({ length }) => length > 0)) throw new Error('The file takes no more bytes.');
    const whole = left.findIndex((part) => {
      if (part.length > bytesWritten) return true;
      bytesWritten -= part.length;
      return false;
    });
    left = whole < 0 ? [] : left.slice(whole);
    const [first] = left;
    if (first !== undefined) left[0] = first.subarray(bytesWritten);
  }
}

/** The parts that make up the first `bytes`, the last of them cut. */
function firstBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  for (const part of parts) {
    if (bytes <= 0) break;
    first.push(part.subarray(0, bytes));
    bytes -= part.length;
  }
  return first;
}

/** Waits until the content of a file that others have written is on the disk. */
export const syncFile = (path: string): Promise<void> => withFile(path, 'r+', (file) => file.sync());

/** Waits until the entries of a folder (created, renamed) are on the disk. */
export const syncFolder = (path: string): Promise<void> => withFile(path, 'r', (folder) => folder.sync());

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
