/** Writes of a command: results to stdout, notes and progress to stderr. */
import { styleText } from 'node:util';
import { wrapText } from './text-width.js';

type Style = Parameters<typeof styleText>[0];
type Stream = NodeJS.WriteStream;

export type OutputOptions = Readonly<{ json: boolean; quiet: boolean; noColor: boolean }>;
export type Output = ReturnType<typeof createOutput>;

/** Creates the output of one command. Colours need a terminal, and no `NO_COLOR`. */
export function createOutput({ json, quiet, noColor }: OutputOptions, stdout: Stream, stderr: Stream) {
  const style = (stream: Stream, format: Style, text: string): string =>
    stream.isTTY && !noColor && stream.hasColors?.() ? styleText(format, text, { validateStream: false }) : text;
  /** Returns the text with an end of line, wrapped between words if the stream is a terminal. */
  const fitted = (stream: Stream, text: string): string =>
    `${stream.isTTY && !json ? wrapText(text, stream.columns) : text}\n`;
  return {
    json,
    quiet,
    /** Whether progress may redraw lines. */
    isLive: stderr.isTTY === true && !json && !quiet,
    isTerminal: stdout.isTTY === true,
    /** Columns of stdout, undefined if it is no terminal. */
    columns: stdout.isTTY ? stdout.columns : undefined,
    stdout,
    stderr,
    paint: (format: Style, text: string): string => style(stdout, format, text),
    paintNote: (format: Style, text: string): string => style(stderr, format, text),
    /** Writes a line of the result. */
    line: (text: string): void => void stdout.write(fitted(stdout, text)),
    lines: (texts: readonly string[]): void =>
      void (texts.length > 0 && stdout.write(fitted(stdout, texts.join('\n')))),
    /** Writes one JSON value as one line. */
    value: (value: unknown): void => void stdout.write(`${JSON.stringify(value)}\n`),
    /** Writes a line for people to stderr, unless `--quiet` or `--json`. */
    note: (text: string): void => void (!quiet && !json && stderr.write(fitted(stderr, text))),
    /** Writes a warning to stderr, also with `--quiet`. */
    warn: (text: string): void => void stderr.write(fitted(stderr, text)),
  };
}
