/** Processes of this machine: descendants of a process, and whether a process is alive. */
import { execFileSync } from 'node:child_process';

export type ProcessRow = Readonly<{ pid: number; parent: number; command: string }>;

/** Lists all descendants of process `pid`. */
export function descendants(pid: number | undefined): ProcessRow[] {
  const rows: ProcessRow[] = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match === null ? [] : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }],
    );
  const below = (parent: number | undefined): ProcessRow[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...below(row.pid)]);
  return below(pid).filter(({ command }) => !command.startsWith('ps '));
}

/** Returns whether a process exists. A zombie counts as alive. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
