/** CPU niceness of this process. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Niceness of this process's autogroup. With autogroups, Linux shares the CPU among sessions first, and niceness counts only within one. */
const AUTOGROUP = '/proc/self/autogroup';

/** Sets the niceness of this process and of processes that it starts later, 0–19. 0 changes nothing; 19 is the lowest priority. */
export function lowerPriority(niceness: number): void {
  if (niceness === 0) return;
  setPriority(niceness);
  try {
    writeFileSync(AUTOGROUP, String(niceness));
  } catch {
    // No autogroups: another system, or a container. The process's own niceness suffices there.
  }
}
