/** Output of child processes: read line by line, and the last lines kept for error messages. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readable } from './output-tail.js';

/** Calls `onLine` for each line of the stream. A child that could not be started has no stream. */
export function readLines(stream: Readable | null | undefined, onLine: (line: string) => void): void {
  if (stream == null) return;
  stream.on('error', () => undefined);
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
}

/** Number of lines in an error message. */
const LAST_LINES = 8;
/** Longer lines are cut. */
const LINE_CHARACTERS = 300;
/** Lines without information: empty lines, and frames of a JavaScript or native stack. */
const NOISE = /^\s*(at .*|\d+: 0x[0-9a-f]+ .*)?$/;

/** Keeps the last informative lines of a child's output. */
export function keepLastLines() {
  const lines: string[] = [];
  return {
    add(line: string): void {
      if (NOISE.test(line)) return;
      lines.push(readable(line).slice(0, LINE_CHARACTERS));
      if (lines.length > LAST_LINES) lines.shift();
    },
    /** Returns a sentence with the lines, to append to an error message. Empty if there are none. */
    sentence: (): string => (lines.length === 0 ? '' : ` Its last output: ${lines.join(' | ')}`),
  };
}
