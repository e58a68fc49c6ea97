/** A pino logger that keeps its lines, and lets a test wait for one. */
import { EventEmitter, on } from 'node:events';
import { type Logger, pino } from 'pino';

export type Line = Readonly<Record<string, unknown> & { msg: string }>;

/** `onLine` is called at each line, before the code that wrote it goes on. */
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
    /** The line with this message: the first after the `after` lines that are there already. */
    async line(message, after = 0) {
      const arriving = on(emitter, 'line');
      const there = lines.slice(after).find(({ msg }) => msg === message);
      if (there !== undefined) return there;
      for await (const [line] of arriving) if (line.msg === message) return line;
      throw new Error('unreachable');
    },
  };
}
