/** Back-off for repeated log lines: a fault that lasts for hours costs one line a minute instead of a thousand a second. */

/** Pause between two lines with the same key, in ms. It doubles each time. */
const PAUSE_MS = { first: 1_000, longest: 60_000 } as const;
/** Maximum number of keys that are tracked. Beyond it, the oldest key is forgotten. */
const MAX_KEYS = 500;

/** Writes the line. `repeated`: how many lines this one stands for, if more than one. */
export type WriteLine = (repeated: number | undefined) => void;

type RepeatedLine = { pauseMs: number; suppressed: number; isQuiet: boolean; write: WriteLine; timer: NodeJS.Timeout };

export type LogBackoff = ReturnType<typeof createLogBackoff>;

export function createLogBackoff({ first, longest }: Readonly<{ first: number; longest: number }> = PAUSE_MS) {
  const lines = new Map<string, RepeatedLine>();

  /** Ends a pause: writes the count of suppressed lines. Forgets a key that stays silent for `longest` ms after its pause. */
  function endPause(key: string, line: RepeatedLine): void {
    if (line.suppressed > 0) {
      writeNow(key, line);
      return;
    }
    if (line.isQuiet) {
      lines.delete(key);
      return;
    }
    line.isQuiet = true;
    line.timer = setTimeout(endPause, longest, key, line).unref();
  }

  function writeNow(key: string, line: RepeatedLine): void {
    const { suppressed, write } = line;
    line.suppressed = 0;
    line.isQuiet = false;
    clearTimeout(line.timer);
    line.timer = setTimeout(endPause, line.pauseMs, key, line).unref();
    line.pauseMs = Math.min(2 * line.pauseMs, longest);
    write(suppressed > 0 ? suppressed : undefined);
  }

  function addKey(key: string, write: WriteLine): void {
    const [oldest] = lines.keys();
    if (lines.size >= MAX_KEYS && oldest !== undefined) forget(oldest);
    const line: RepeatedLine = {
      pauseMs: first,
      suppressed: 0,
      isQuiet: false,
      write,
      timer: setTimeout(() => undefined),
    };
    lines.set(key, line);
    writeNow(key, line);
  }

  function forget(key: string): void {
    const line = lines.get(key);
    if (line === undefined) return;
    lines.delete(key);
    clearTimeout(line.timer);
    if (line.suppressed > 0) line.write(line.suppressed);
  }

  return {
    /** Writes the line now or, within a pause, once at its end with the number of suppressed lines. */
    write(key: string, write: WriteLine): void {
      const line = lines.get(key);
      if (line === undefined) {
        addKey(key, write);
        return;
      }
      line.write = write;
      if (line.isQuiet) writeNow(key, line);
      else line.suppressed += 1;
    },

    /** Writes all suppressed lines. */
    flush(): void {
      for (const key of [...lines.keys()]) forget(key);
    },
  };
}
