/** Test for a process that still runs. */

/**
 * Returns whether another process with this id runs. False for this process's own id: a file that names it was written by an earlier
 * process with the same id.
 */
export function isOtherProcessAlive(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
