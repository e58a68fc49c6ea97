/** Speed of this machine: the fastest of its latest measurements, which are repeated while the worker is idle. */
import type { Logger } from '../logging/logger.js';

/**
 * Measurements that count. Other processes make a measurement slower, never faster, so the fastest is the best. After this many slow ones,
 * the machine itself has become slower.
 */
const KEPT_SPEEDS = 5;
/** Idle time before a measurement, in ms. It doubles after each, so that measuring costs little. */
const PAUSE_MS = { first: 60_000, longest: 3_600_000 } as const;

type IdleMeasurementsOptions = Readonly<{
  /** Measures the speed and passes it to `note`. Aborting ends it at once. */
  measure: (signal: AbortSignal) => Promise<void>;
  logger: Logger;
  /** Idle time before the first measurement, in ms. Default 60,000. */
  firstPauseMs?: number;
}>;

export type IdleMeasurements = ReturnType<typeof createIdleMeasurements>;

/** Creates the measurements of a worker. It measures nothing until the first `setHeld(0)`. */
export function createIdleMeasurements({ measure, logger, firstPauseMs = PAUSE_MS.first }: IdleMeasurementsOptions) {
  const latest: number[] = [];
  let [isBusy, isClosed] = [false, false];
  let pauseMs: number = firstPauseMs;
  let timer: NodeJS.Timeout | undefined;
  let measuring = new AbortController();
  let running: Promise<void> | undefined;

  function schedule(): void {
    timer = setTimeout(() => {
      running = run(measuring.signal);
    }, pauseMs).unref();
  }

  async function run(signal: AbortSignal): Promise<void> {
    await measure(signal).catch((err: unknown) => logger.debug({ err }, 'speed not measured'));
    if (signal.aborted) return;
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest);
    schedule();
  }

  function stop(): void {
    clearTimeout(timer);
    measuring.abort();
  }

  return {
    /** Adds a measurement in operations a second. Ignores it while the worker holds jobs, which make it slower. */
    note(operationsPerSecond: number): void {
      if (isBusy) return;
      latest.push(operationsPerSecond);
      if (latest.length > KEPT_SPEEDS) latest.shift();
    },

    /** Returns the fastest of the latest 5 measurements in operations a second; undefined before the first. */
    speed: (): number | undefined => (latest.length === 0 ? undefined : Math.max(...latest)),

    /** Sets the number of jobs that the worker holds. Ends a running measurement; with 0, the idle time begins again. */
    setHeld(jobs: number): void {
      stop();
      isBusy = jobs > 0;
      if (isBusy || isClosed) return;
      measuring = new AbortController();
      schedule();
    },

    /** Measures no more. Resolves once a running measurement has ended. */
    async close(): Promise<void> {
      isClosed = true;
      stop();
      await running;
    },
  };
}
