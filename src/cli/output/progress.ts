/** One line on a terminal that is redrawn, with finished lines above it. */
import { truncate, wrapText } from './text-width.js';

const CLEAR_LINE = '\r\u001b[2K';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Minimum time between two draws, in ms. */
const INTERVAL_MS = 80;

export type ProgressLine = ReturnType<typeof createProgressLine>;

/** Creates the line. If `live` is false it writes only the finished lines. */
export function createProgressLine(stream: NodeJS.WriteStream, live: boolean) {
  let drawnAt = 0;
  let isShown = false;
  const columns = (): number => stream.columns || 80;
  const clear = (): void => {
    if (isShown) stream.write(CLEAR_LINE + SHOW_CURSOR);
    isShown = false;
  };
  return {
    columns,
    /** Redraws the line, at most every 80 ms. `render` receives the number of columns. */
    update(render: (columns: number) => string): void {
      const now = Date.now();
      if (!live || now - drawnAt < INTERVAL_MS) return;
      drawnAt = now;
      // The last column stays empty: a full line would wrap.
      stream.write(`${isShown ? '' : HIDE_CURSOR}${CLEAR_LINE}${truncate(render(columns() - 1), columns() - 1)}`);
      isShown = true;
    },
    /** Replaces the line by a finished one. */
    finish(text: string): void {
      clear();
      drawnAt = 0;
      stream.write(`${live ? wrapText(text, columns()) : text}\n`);
    },
    clear,
  };
}

/** Returns a bar of `width` columns, in eighths of a column. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return '█'.repeat(full) + part + '░'.repeat(Math.max(0, width - full - (part === '' ? 0 : 1)));
}
