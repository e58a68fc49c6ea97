/**
 * Guard that keeps the embedded server alive on a full disk. With `appendfsync always` the server exits at the first failed write. So
 * before the disk is full, the guard changes its settings: the server then refuses commands that need memory, such as new jobs, and only
 * reports failed writes.
 */
import { setInterval as every } from 'node:timers/promises';
import { type DiskSpace, inMiB, spaceOf } from '../files/disk-space.js';
import type { Logger } from '../logging/logger.js';

const POLL_MS = 250;

/** Settings of the server on a disk with space, and on a nearly full one. */
const SETTINGS = {
  open: ['appendfsync always', 'maxmemory 0'],
  guarded: ['appendfsync everysec', 'maxmemory 1'],
} as const;

export type DiskGuard = ReturnType<typeof createDiskGuard>;

type DiskGuardOptions = Readonly<{
  folder: string;
  logger: Logger;
  /** Measures the free space. Default: of the disk of `folder`. */
  space?: () => Promise<DiskSpace>;
}>;

export function createDiskGuard({ folder, logger, space = () => spaceOf(folder) }: DiskGuardOptions) {
  let isGuarded = false;

  /** Measures the disk and returns whether the settings change. The guard ends at twice the reserve. */
  async function poll(): Promise<boolean> {
    const { freeBytes, reserveBytes } = await space();
    const wasGuarded = isGuarded;
    isGuarded = freeBytes < (isGuarded ? 2 * reserveBytes : reserveBytes);
    if (isGuarded === wasGuarded) return false;
    const free = `${inMiB(freeBytes)} MiB`;
    if (isGuarded) logger.error({ folder, free }, 'the disk is nearly full: new jobs are refused');
    else logger.info({ folder, free }, 'the disk has space again: new jobs are accepted');
    return true;
  }

  const settings = (): readonly string[] => SETTINGS[isGuarded ? 'guarded' : 'open'];

  return {
    /** Resolves with configuration lines for a server that starts now. */
    async currentSettings(): Promise<readonly string[]> {
      await poll();
      return settings();
    },

    /**
     * Applies the settings whenever they change, until `signal` aborts. `apply` resolves with false while no server runs. It is called
     * again then, because a server that is just starting may have received the earlier settings.
     */
    async watch(apply: (settings: readonly string[]) => Promise<boolean>, signal: AbortSignal): Promise<void> {
      let isApplied = true;
      try {
        for await (const _ of every(POLL_MS, undefined, { signal, ref: false })) {
          try {
            isApplied = !(await poll()) && isApplied;
            if (!isApplied) isApplied = await apply(settings());
          } catch (err) {
            logger.warn({ err }, 'disk space not measured, or settings of the embedded Redis not applied');
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
