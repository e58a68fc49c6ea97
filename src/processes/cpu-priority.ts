/** How much of a busy CPU a process is given beside others. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Where Linux shares a CPU among sessions first, a process's own priority counts within its session alone; this is the session's. */
const SESSION_PRIORITY = '/proc/self/autogroup';

/** Lowers this process and what it starts from then on: 0 leaves it as it is, 19 is the lowest. */
export function lowerPriority(nice: number): void {
  if (nice === 0) return;
  setPriority(nice);
  try {
    writeFileSync(SESSION_PRIORITY, String(nice));
  } catch {
    // Another system, or a container: the process's priority is what counts there.
  }
}
