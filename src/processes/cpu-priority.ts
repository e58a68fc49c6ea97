/** CPU niceness of this process. */
import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Niceness of this process's autogroup. With autogroups, Linux shares the CPU among sessions first, and niceness counts only within one. */
const AUTOGROUP = '/proc/self/autogroup';

/** Raises the niceness of this process and of processes that it starts later to `niceness`, 0–19. 19 is the lowest priority. */
export function raiseNiceness(niceness: number): void {
  // Only a privileged process may lower its niceness: one that was started with more keeps it.
  if (getPriority() < niceness) setPriority(niceness);
}

/** Raises the niceness as `raiseNiceness` does, and that of the autogroup. 0 changes nothing. */
export function lowerPriority(niceness: number): void {
  if (niceness === 0) return;
  raiseNiceness(niceness);
  try {
    writeFileSync(AUTOGROUP, String(niceness));
  } catch {
    // No autogroups: another system, or a container. The process's own niceness suffices there.
  }
}
