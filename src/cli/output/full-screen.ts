/** Alternate screen of a terminal: drawn as a whole, left as it was found. */

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export type FullScreen = ReturnType<typeof openFullScreen>;

/** Enters the alternate screen and reads keys. `close` restores the terminal. */
export function openFullScreen(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  on: Readonly<{ key: (key: string) => void; resize: () => void }>,
) {
  const onData = (data: Buffer): void => on.key(data.toString('utf8'));
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    output.off('resize', on.resize);
    input.off('data', onData);
    input.setRawMode?.(false);
    input.pause();
    process.off('exit', close);
    output.write(LEAVE);
  };
  output.write(ENTER);
  output.on('resize', on.resize);
  input.setRawMode?.(true);
  input.on('data', onData);
  input.resume();
  // An error or a signal must not leave the terminal without cursor and echo.
  process.on('exit', close);
  return {
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    /** Draws lines from the top; the rest of the screen is empty. Lines must fit. */
    draw(lines: readonly string[]): void {
      if (!isOpen) return;
      const shown = lines.slice(0, output.rows || 24);
      output.write(HOME + shown.map((line) => line + CLEAR_LINE_END).join('\r\n') + CLEAR_BELOW);
    },
    close,
  };
}
