/** What a row of the table of abuses consists of. */
import type { Target } from './service.js';

/** What an abuse has seen, for the table: counts, answers, times. */
export type Seen = Readonly<Record<string, number | string>>;

export type Abuse = Readonly<{
  target: Target;
  /** The attacker's own address where the system has several loopback addresses; others ask from 127.0.0.1. */
  localAddress: string | undefined;
  /** Full size, or small enough for a test that runs in seconds. */
  isFull: boolean;
  /** Says that the service is under the abuse now; the measurement lasts `seconds` from the first call on. */
  begun(): void;
  /** Aborts when the measurement is over: then connections are closed and `run` returns. */
  signal: AbortSignal;
}>;

export type Row = Readonly<{
  /** Names the row on the command line and in the table. */
  name: string;
  /** Environment variables that the API needs for this row. Rows with the same settings share a service. */
  settings?: Readonly<Record<string, string>>;
  /** Seconds that the abuse goes on. */
  seconds: Readonly<{ short: number; full: number }>;
  /** Abuses the service until the signal aborts. Runs in a process of its own. */
  run(abuse: Abuse): Promise<Seen>;
  /** Says what is wrong with what the abuse has seen, beside the four bounds that hold for every row: above all that it hardly happened. */
  faultOf?(seen: Seen): string | undefined;
}>;
