/** Types of a row in the table of abuses. */
import type { Target } from './service.js';

/** Observations of an abuse, for the table: counts, answers, times. */
export type Seen = Readonly<Record<string, number | string>>;

export type Abuse = Readonly<{
  target: Target;
  /** Local address of the attacker; undefined to use 127.0.0.1, as the other clients do. */
  localAddress: string | undefined;
  /** Whether to run at full size. If false, the abuse is small enough for a test of a few seconds. */
  isFull: boolean;
  /** Reports that the abuse has begun. The measurement starts at the first call and lasts `seconds`. */
  begun(): void;
  /** Aborts when the measurement is over. `run` then closes its connections and returns. */
  signal: AbortSignal;
}>;

export type Row = Readonly<{
  /** Name of the row, on the command line and in the table. */
  name: string;
  /** Environment variables that the API needs for this row. Rows with the same settings share a service. */
  settings?: Readonly<Record<string, string>>;
  /** Length of the abuse in seconds. */
  seconds: Readonly<{ short: number; full: number }>;
  /** Abuses the service until the signal aborts. Runs in a child process. */
  run(abuse: Abuse): Promise<Seen>;
  /** Returns what is wrong with the observations, in particular that the abuse hardly happened. The four bounds of all rows are checked elsewhere. */
  faultOf?(seen: Seen): string | undefined;
}>;
