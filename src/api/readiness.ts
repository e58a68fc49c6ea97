/** Readiness checks behind `GET /readyz`. */
import type { CheckResult, Purpose, Readiness } from '../contracts/service/health-status.js';
import { TrainyardError } from '../errors/errors.js';
import { inMiB, spaceOf } from '../files/disk-space.js';

/** A check fails if `run` throws; the answer shows the error's message. A string that `run` returns is shown as a detail. */
export type ReadinessCheck = Readonly<{
  name: string;
  /** Purposes that are not ready if this check fails. */
  for: readonly Purpose[];
  run: () => Promise<unknown>;
}>;

/** A check that takes longer fails. */
const DEADLINE_MS = 5_000;

/**
 * Returns a function that runs the checks of a purpose, or all checks, in parallel. A check that still runs for an earlier call is
 * shared with it.
 */
export function createReadiness(checks: readonly ReadinessCheck[]): (purpose?: Purpose) => Promise<Readiness> {
  const shared = checks.map((check) => ({ ...check, run: shareWhileRunning(check.run) }));
  return async (purpose) => {
    const needed = shared.filter((check) => purpose === undefined || check.for.includes(purpose));
    const results = await Promise.all(needed.map(runCheck));
    return { status: results.every(({ ok }) => ok) ? 'ready' : 'not ready', checks: results };
  };
}

function shareWhileRunning<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function runCheck({ name, run }: ReadinessCheck): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    const detail = await Promise.race([run(), late]);
    return { name, ok: true, ...(typeof detail === 'string' && { detail }) };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reports a data set that cannot be used as a detail, never as a failure: the service trains on the others. */
export const noteDataset = (name: string, verify: (name: string) => Promise<void>): ReadinessCheck => ({
  name: 'datasets',
  for: ['jobs'],
  run: () => verify(name).catch((error: unknown) => `Jobs on ${name} are refused. ${messageOf(error)}`),
});

/** Checks that the file system of `folder` has at least `minimumBytes` free. */
export function checkDisk(folder: string, minimumBytes: number): ReadinessCheck {
  return {
    name: 'disk',
    for: ['jobs'],
    async run() {
      const { freeBytes } = await spaceOf(folder);
      if (freeBytes >= minimumBytes) return;
      throw new TrainyardError(
        'insufficient_storage',
        `${folder} needs ${inMiB(minimumBytes)} MiB of free disk space and has ${inMiB(freeBytes)}.`,
      );
    },
  };
}

/** Refuses a job if the disk is nearly full: its checkpoints and its model need space. Throws `insufficient_storage`. */
export async function requireSpace(folder: string): Promise<void> {
  const { freeBytes, reserveBytes } = await spaceOf(folder);
  if (freeBytes >= reserveBytes) return;
  throw new TrainyardError(
    'insufficient_storage',
    `The disk of the service is nearly full: ${inMiB(freeBytes)} MiB are free, and a job needs ${inMiB(reserveBytes)}. Free some space, then send the request again.`,
  );
}
