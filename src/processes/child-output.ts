/** Output of child processes, line by line, and the last lines of it for the sentence about a death. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Calls `onLine` for each line. A child that could not be started for want of a file descriptor has no stream. */
export function readLines(stream: Readable | null | undefined, onLine: (line: string) => void): void {
  if (stream == null) return;
  stream.on('error', () => undefined);
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}

/** Lines of output that go into the sentence about a child that died. */
const LAST_LINES = 8;
const LINE_CHARACTERS = 300;
/** Lines that say nothing in a sentence: empty ones, and the places of a stack, JavaScript's or the machine's. */
const NOISE = /^\s*(at .*|\d+: 0x[0-9a-f]+ .*)?$/;

/** Keeps the last lines that say something. */
export function keepLastLines() {
  const lines: string[] = [];
  return {
    add(line: string): void {
      if (NOISE.test(line)) return;
      lines.push(line.slice(0, LINE_CHARACTERS));
      if (lines.length > LAST_LINES) lines.shift();
    },
    /** Returns them as the end of a sentence; nothing if the child printed nothing. */
    sentence: (): string => (lines.length === 0 ? '' : ` Its last output: ${lines.join(' | ')}`),
  };
}
