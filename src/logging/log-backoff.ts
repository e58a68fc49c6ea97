/** Back-off for repeated log lines: a fault that lasts for hours costs one line a minute instead of a thousand a second. */
import { LRUCache } from 'lru-cache';

/** Pause between two lines with the same key, in ms. It doubles each time. */
const PAUSE_MS = { first: 1_000, longest: 60_000 } as const;
/** Maximum number of keys that are tracked. Beyond it, the oldest key is forgotten. */
const MAX_KEYS = 500;

/** Writes the line. `repeated`: how many lines this one stands for, if more than one. */
export type WriteLine = (repeated: number | undefined) => void;

type RepeatedLine = { pauseMs: number; suppressed: number; isQuiet: boolean; write: WriteLine; timer: NodeJS.Timeout };

export type LogBackoff = ReturnType<typeof createLogBackoff>;

export function createLogBackoff({ first, longest }: Readonly<{ first: number; longest: number }> = PAUSE_MS) {
  /** In the order in which the keys were added: `peek` does not count as a use. */
  const lines = new LRUCache<string, RepeatedLine>({ max: MAX_KEYS, disposeAfter: forget });

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

  /** Writes the count of suppressed lines of a key that is tracked no longer. */
  function forget(line: RepeatedLine): void {
    clearTimeout(line.timer);
    if (line.suppressed > 0) line.write(line.suppressed);
  }

  return {
    /** Writes the line now or, within a pause, once at its end with the number of suppressed lines. */
    write(key: string, write: WriteLine): void {
      const line = lines.peek(key);
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
      lines.clear();
    },
  };
}
