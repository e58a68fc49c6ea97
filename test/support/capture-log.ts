/** Pino logger that stores its lines and lets a test wait for a line. */
import { EventEmitter, on } from 'node:events';
import { type Logger, pino } from 'pino';

export type Line = Readonly<Record<string, unknown> & { msg: string }>;

/** Calls `onLine` synchronously for each line. */
export function captureLog(onLine: (line: Line) => void = () => undefined): {
  logger: Logger;
  lines: Line[];
  line(message: string, after?: number): Promise<Line>;
} {
  const lines: Line[] = [];
  const emitter = new EventEmitter();
  const write = (text: string) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    onLine(line);
    emitter.emit('line', line);
  };
  return {
    logger: pino({ level: 'debug' }, { write }),
    lines,
    /** Resolves with the first line with this message, ignoring the first `after` lines (default 0). */
    async line(message, after = 0) {
      const arriving = on(emitter, 'line');
      const there = lines.slice(after).find(({ msg }) => msg === message);
      if (there !== undefined) return there;
      for await (const [line] of arriving) if (line.msg === message) return line;
      throw new Error('unreachable');
    },
  };
}
