/** Free space of file systems, and the reserve for work that must continue on a nearly full disk. */
import { statfs } from 'node:fs/promises';

const MIB = 2 ** 20;
/** Largest reserve. On a small disk the reserve is an eighth of it. */
const RESERVE_BYTES = 32 * MIB;

/** `freeBytes`: space that this user may fill. `reserveBytes`: part of it to keep free. */
export type DiskSpace = Readonly<{ freeBytes: number; reserveBytes: number }>;

/** Returns the space of the file system that contains `folder`. */
export async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, reserveBytes: Math.min(RESERVE_BYTES, (blocks * bsize) / 8) };
}

/** Converts bytes to MiB, rounded down. */
export const inMiB = (bytes: number): number => Math.floor(bytes / MIB);
