/** Last output of a child process, as people may read it: bounded, without control characters, without credentials. */
import { stripVTControlCharacters } from 'node:util';
import { LOG_LIMITS, type OutputTail } from '../contracts/jobs/trainer-log.js';

/** Longer lines are cut. */
const LINE_CHARACTERS = 2_000;
const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const REDACTED = '[redacted]';
/** Texts that look like credentials. A trainer has none in its environment, but its libraries print what they like. */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${REDACTED}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\b(?:whsec_|sk-|ghp_|hf_)[\w+/=-]{8,}/g, REDACTED],
  [
    /(["']?\b[\w-]*(?:password|passwd|secret|token|api[-_]?key|authorization)["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;]+)/gi,
    `$1${REDACTED}`,
  ],
];

/** Returns a line without escape sequences, control characters and credentials, cut to a length that can be shown. */
export function readable(line: string): string {
  const plain = stripVTControlCharacters(line.slice(0, 4 * LINE_CHARACTERS))
    .replaceAll('\t', '  ')
    .replace(CONTROL, '');
  const safe = CREDENTIALS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), plain);
  return safe.length > LINE_CHARACTERS ? `${safe.slice(0, LINE_CHARACTERS)} …` : safe;
}

/** Keeps the last lines of an output. */
export function keepOutputTail() {
  const lines: string[] = [];
  let bytes = 0;
  let leftOut = 0;
  return {
    add(line: string): void {
      const shown = readable(line);
      lines.push(shown);
      bytes += Buffer.byteLength(shown) + 1;
      while (lines.length > LOG_LIMITS.lines || bytes > LOG_LIMITS.bytes) {
        bytes -= Buffer.byteLength(lines.shift() ?? '') + 1;
        leftOut += 1;
      }
    },
    tail: (): OutputTail => ({ lines: [...lines], leftOut }),
  };
}
