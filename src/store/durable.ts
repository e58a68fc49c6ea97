/** Files and folders that are whole or absent after a crash or a power cut. */
import { type FileHandle, open } from 'node:fs/promises';

/** Writes a file and waits until it is on the disk. The file must not exist yet. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  await withFile(path, 'wx', async (file) => {
    await file.writeFile(content);
    await file.sync();
  });
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
