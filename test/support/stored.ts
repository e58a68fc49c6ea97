/** Copies of stored models, for tests that need many models. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

type Copy = Readonly<{ name: string; version: number }>;

/** Copies the folder of a stored model to another name and version in the same store. */
export async function copyModel(folder: string, { name, version }: Copy): Promise<void> {
  const target = join(dirname(dirname(folder)), name, String(version));
  await cp(folder, target, { recursive: true });
  const path = join(target, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...manifest, name, version }));
}

/** Returns how many bytes this process has read from files and sockets. */
export async function bytesRead(): Promise<number> {
  return Number(/^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
}
