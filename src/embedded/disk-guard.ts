/**
 * Keeps the embedded server alive on a full disk. With `appendfsync always` the server exits at the first write that fails. So
 * before the disk is full it is switched over: it refuses what needs memory, jobs among it, and only reports a failed write.
 */
import { setInterval as every } from 'node:timers/promises';
import { type DiskSpace, inMiB, spaceOf } from '../files/disk-space.js';
import type { Logger } from '../logging/logger.js';

const LOOK_MS = 250;

/** Settings of the server on a disk with space, and on one that is nearly full. */
const SETTINGS = {
  open: ['appendfsync always', 'maxmemory 0'],
  guarded: ['appendfsync everysec', 'maxmemory 1'],
} as const;

export type DiskGuard = ReturnType<typeof createDiskGuard>;

type Options = Readonly<{
  folder: string;
  logger: Logger;
  /** Measures the disk. Default: that of `folder`. */
  space?: () => Promise<DiskSpace>;
}>;

export function createDiskGuard({ folder, logger, space = () => spaceOf(folder) }: Options) {
  let isGuarded = false;

  /** Looks at the disk; answers whether the guard has to change. It opens again at twice the reserve. */
  async function look(): Promise<boolean> {
    const { freeBytes, reserveBytes } = await space();
    const before = isGuarded;
    isGuarded = freeBytes < (isGuarded ? 2 * reserveBytes : reserveBytes);
    if (isGuarded === before) return false;
    const free = `${inMiB(freeBytes)} MiB`;
    if (isGuarded) logger.error({ folder, free }, 'the disk is nearly full: no jobs are taken');
    else logger.info({ folder, free }, 'the disk has space again: jobs are taken');
    return true;
  }

  const settings = (): readonly string[] => SETTINGS[isGuarded ? 'guarded' : 'open'];

  return {
    /** Lines of the configuration for a server that is started now. */
    async settingsNow(): Promise<readonly string[]> {
      await look();
      return settings();
    },

    /**
     * Applies the settings whenever they have to change, until `signal` is aborted. `apply` answers false while there is no server to
     * apply them to: one that is just being started may have been given those from before the change. Then it is asked again.
     */
    async watch(apply: (settings: readonly string[]) => Promise<boolean>, signal: AbortSignal): Promise<void> {
      let isApplied = true;
      try {
        for await (const _ of every(LOOK_MS, undefined, { signal, ref: false })) {
          try {
            isApplied = !(await look()) && isApplied;
            if (!isApplied) isApplied = await apply(settings());
          } catch (err) {
            logger.warn({ err }, 'the guard of the disk could not look or switch');
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
