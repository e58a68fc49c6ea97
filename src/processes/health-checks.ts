/** Health checks of a process, run at its start, before each job and at intervals. */
import type { Logger } from '../logging/logger.js';

export type HealthCheck = Readonly<{
  /** Rejects with one sentence if the process cannot do its work. */
  run: () => Promise<void>;
  /** Runs at the start and when something points to it, and again with back-off while it fails. Default false. */
  isCostly?: boolean;
}>;

export type HealthChecks = Readonly<{
  /** Why the process cannot do its work now; undefined while it can. */
  fault(): string | undefined;
  /** Runs the checks that cost little, before a job begins. */
  probe(): Promise<string | undefined>;
  /** Runs all checks. */
  examine(): Promise<string | undefined>;
  /** Calls `listener` with each new fault, and with undefined when there is none any more. */
  onChange(listener: (fault: string | undefined) => void): void;
  close(): void;
}>;

/** Between two runs of the checks that cost little: while the process is fit, and while it is not. */
const EVERY_MS = { healthy: 10_000, unhealthy: 2_000 } as const;
/** Pause before a costly check that failed is run again; it doubles each time. */
const BACK_OFF_MS = { first: 10_000, most: 300_000 } as const;

type State = { readonly check: HealthCheck; fault: string | undefined; dueAt: number; pauseMs: number };

export function createHealthChecks(
  options: Readonly<{
    checks: readonly HealthCheck[];
    logger: Logger;
    messages: Readonly<{ unhealthy: string; healthy: string }>;
    everyMs?: Readonly<{ healthy: number; unhealthy: number }>;
    backOffMs?: number;
  }>,
): HealthChecks {
  const { checks, logger, messages, everyMs = EVERY_MS, backOffMs = BACK_OFF_MS.first } = options;
  const states = checks.map(
    (check): State => ({ check, fault: undefined, dueAt: Number.POSITIVE_INFINITY, pauseMs: backOffMs }),
  );
  const listeners: ((fault: string | undefined) => void)[] = [];
  let known: string | undefined;
  let isClosed = false;

  async function look(state: State): Promise<void> {
    state.dueAt = Number.POSITIVE_INFINITY; // until it has answered
    try {
      await state.check.run();
      Object.assign(state, { fault: undefined, pauseMs: backOffMs });
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      const { pauseMs } = state;
      Object.assign(state, {
        fault,
        dueAt: performance.now() + pauseMs,
        pauseMs: Math.min(2 * pauseMs, BACK_OFF_MS.most),
      });
    }
  }

  async function lookAt(some: readonly State[]): Promise<string | undefined> {
    await Promise.all(some.map(look));
    const fault = states.find((state) => state.fault !== undefined)?.fault;
    if (fault === known || isClosed) return fault;
    known = fault;
    if (fault === undefined) logger.info(messages.healthy);
    else logger.error({ fault }, messages.unhealthy);
    for (const listener of listeners) listener(fault);
    return fault;
  }

  const probe = (): Promise<string | undefined> => lookAt(states.filter(({ check }) => check.isCostly !== true));

  let timer: NodeJS.Timeout | undefined;
  async function lookAgain(): Promise<void> {
    const due = states.filter(({ check, dueAt }) => check.isCostly !== true || dueAt <= performance.now());
    await lookAt(due);
    if (!isClosed) plan();
  }
  function plan(): void {
    timer = setTimeout(() => void lookAgain(), known === undefined ? everyMs.healthy : everyMs.unhealthy);
  }
  plan();

  return {
    fault: () => known,
    probe,
    examine: () => lookAt(states),
    onChange: (listener) => void listeners.push(listener),
    close(): void {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
