/** Free space of a file system, and the part of it that is kept for what must go on when the disk is nearly full. */
import { statfs } from 'node:fs/promises';

const MIB = 2 ** 20;
/** Kept free, at most; on a small disk an eighth of it. */
const RESERVE_BYTES = 32 * MIB;

/** `freeBytes` are those that this user may fill. */
export type DiskSpace = Readonly<{ freeBytes: number; reserveBytes: number }>;

export async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, reserveBytes: Math.min(RESERVE_BYTES, (blocks * bsize) / 8) };
}

export const inMiB = (bytes: number): number => Math.floor(bytes / MIB);
