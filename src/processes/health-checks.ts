/** Health checks of a process, run at its start, before each job and at intervals. */
import type { Logger } from '../logging/logger.js';

export type HealthCheck = Readonly<{
  /** Rejects with a one-sentence message if the process cannot do its work. */
  run: () => Promise<void>;
  /** A costly check runs only in `runAll`, and again with back-off while it fails. Default false. */
  isCostly?: boolean;
}>;

export type HealthChecks = Readonly<{
  /** Returns why the process cannot do its work; undefined if it can. */
  fault(): string | undefined;
  /** Runs the checks that are not costly. Resolves with the fault, if any. */
  runQuick(): Promise<string | undefined>;
  /** Runs all checks. Resolves with the fault, if any. */
  runAll(): Promise<string | undefined>;
  /** Calls `listener` with each new fault, and with undefined when the process is healthy again. */
  onChange(listener: (fault: string | undefined) => void): void;
  close(): void;
}>;

/** Interval of the checks that are not costly, in ms. */
const INTERVAL_MS = { healthy: 10_000, unhealthy: 2_000 } as const;
/** Pause before a failed costly check runs again, in ms. It doubles each time. */
const BACK_OFF_MS = { first: 10_000, longest: 300_000 } as const;

type HealthChecksOptions = Readonly<{
  checks: readonly HealthCheck[];
  logger: Logger;
  /** Log messages when the process becomes unhealthy and healthy again. */
  messages: Readonly<{ unhealthy: string; healthy: string }>;
  /** Default 10,000 and 2,000. */
  intervalMs?: Readonly<{ healthy: number; unhealthy: number }>;
  /** First pause before a failed costly check runs again. Default 10,000. */
  backOffMs?: number;
}>;

type CheckState = { readonly check: HealthCheck; fault: string | undefined; dueAt: number; pauseMs: number };

export function createHealthChecks(options: HealthChecksOptions): HealthChecks {
  const { checks, logger, messages, intervalMs = INTERVAL_MS, backOffMs = BACK_OFF_MS.first } = options;
  const states = checks.map(
    (check): CheckState => ({ check, fault: undefined, dueAt: Number.POSITIVE_INFINITY, pauseMs: backOffMs }),
  );
  const listeners: ((fault: string | undefined) => void)[] = [];
  let lastFault: string | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  async function run(some: readonly CheckState[]): Promise<string | undefined> {
    await Promise.all(some.map((state) => runCheck(state, backOffMs)));
    const fault = states.find((state) => state.fault !== undefined)?.fault;
    if (fault === lastFault || isClosed) return fault;
    lastFault = fault;
    if (fault === undefined) logger.info(messages.healthy);
    else logger.error({ fault }, messages.unhealthy);
    for (const listener of listeners) listener(fault);
    return fault;
  }

  async function runDue(): Promise<void> {
    await run(states.filter(({ check, dueAt }) => check.isCostly !== true || dueAt <= performance.now()));
    if (!isClosed) schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => void runDue(), lastFault === undefined ? intervalMs.healthy : intervalMs.unhealthy);
  }
  schedule();

  return {
    fault: () => lastFault,
    runQuick: () => run(states.filter(({ check }) => check.isCostly !== true)),
    runAll: () => run(states),
    onChange: (listener) => void listeners.push(listener),
    close(): void {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

async function runCheck(state: CheckState, backOffMs: number): Promise<void> {
  state.dueAt = Number.POSITIVE_INFINITY; // while it runs
  try {
    await state.check.run();
    Object.assign(state, { fault: undefined, pauseMs: backOffMs });
  } catch (error) {
    const { pauseMs } = state;
    state.fault = error instanceof Error ? error.message : String(error);
    state.dueAt = performance.now() + pauseMs;
    state.pauseMs = Math.min(2 * pauseMs, BACK_OFF_MS.longest);
  }
}
