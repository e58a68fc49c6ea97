/** What a child process prints, line by line. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Calls `onLine` for each line. A child that could not be started for want of a file descriptor has no stream. */
export function readLines(stream: Readable | null | undefined, onLine: (line: string) => void): void {
  if (stream == null) return;
  stream.on('error', () => undefined);
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}
