/** Files and folders that are whole or absent after a crash or a power cut. */
import { type FileHandle, open } from 'node:fs/promises';

/** Writes a file, whole or in parts, and waits until it is on the disk. The file must not exist yet. */
export async function writeDurably(path: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
    else await writeParts(file, content);
    await file.sync();
  });
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
