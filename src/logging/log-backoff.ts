/** Back-off for log lines that repeat: a fault that lasts for hours costs a line a minute and not a thousand a second. */

/** Pauses between two lines of one kind: doubled each time, in ms. */
const PAUSE_MS = { first: 1_000, most: 60_000 } as const;
/** Kinds of lines watched at once; beyond it the one that began first is forgotten. */
const MOST_KINDS = 500;

/** Writes a line. `repeated` is how many lines it stands for, when it stands for several since the last one. */
export type Write = (repeated: number | undefined) => void;

type Kind = { pauseMs: number; leftOut: number; isQuiet: boolean; write: Write; timer: NodeJS.Timeout };

export type LogBackoff = ReturnType<typeof createLogBackoff>;

export function createLogBackoff({ first, most }: Readonly<{ first: number; most: number }> = PAUSE_MS) {
  const kinds = new Map<string, Kind>();

  /** Ends a pause: says how many lines were left out, or forgets a kind that did not come again for long. */
  function end(key: string, kind: Kind): void {
    if (kind.leftOut > 0) {
      say(key, kind);
      return;
    }
    if (kind.isQuiet) {
      kinds.delete(key);
      return;
    }
    kind.isQuiet = true;
    kind.timer = setTimeout(end, most, key, kind).unref();
  }

  function say(key: string, kind: Kind): void {
    const { leftOut, write } = kind;
    kind.leftOut = 0;
    kind.isQuiet = false;
    clearTimeout(kind.timer);
    kind.timer = setTimeout(end, kind.pauseMs, key, kind).unref();
    kind.pauseMs = Math.min(2 * kind.pauseMs, most);
    write(leftOut > 0 ? leftOut : undefined);
  }

  function begin(key: string, write: Write): void {
    const [oldest] = kinds.keys();
    if (kinds.size >= MOST_KINDS && oldest !== undefined) forget(oldest);
    const kind: Kind = { pauseMs: first, leftOut: 0, isQuiet: false, write, timer: setTimeout(() => undefined) };
    kinds.set(key, kind);
    say(key, kind);
  }

  function forget(key: string): void {
    const kind = kinds.get(key);
    if (kind === undefined) return;
    kinds.delete(key);
    clearTimeout(kind.timer);
    if (kind.leftOut > 0) kind.write(kind.leftOut);
  }

  return {
    /** Writes a line of this kind now, or at the end of the pause together with those like it. */
    note(key: string, write: Write): void {
      const kind = kinds.get(key);
      if (kind === undefined) {
        begin(key, write);
        return;
      }
      kind.write = write;
      if (kind.isQuiet) say(key, kind);
      else kind.leftOut += 1;
    },

    /** Writes what was left out. */
    flush(): void {
      for (const key of [...kinds.keys()]) forget(key);
    },
  };
}
