/** The checks behind `/readyz`. */
import type { CheckResult, Purpose, Readiness } from '../contracts/service/health.js';
import { TrainyardError } from '../errors/errors.js';
import { inMiB, spaceOf } from '../files/disk-space.js';

/** `run` throws why the check failed. A sentence that it returns is a fact: shown, and no failure. */
export type ReadinessCheck = Readonly<{
  name: string;
  /** The purposes that fail with this check. */
  for: readonly Purpose[];
  run: () => Promise<unknown>;
}>;

/** A check that takes longer has failed. */
const DEADLINE_MS = 5_000;

/**
 * Runs the checks for a purpose, without one all checks, side by side. A check that still runs for an earlier call is not started
 * again.
 */
export function createReadiness(checks: readonly ReadinessCheck[]): (purpose?: Purpose) => Promise<Readiness> {
  const shared = checks.map((check) => ({ ...check, run: oneAtATime(check.run) }));
  return async (purpose) => {
    const needed = shared.filter((check) => purpose === undefined || check.for.includes(purpose));
    const results = await Promise.all(needed.map(runCheck));
    return { status: results.every(({ ok }) => ok) ? 'ready' : 'not ready', checks: results };
  };
}

function oneAtATime<T>(run: () => Promise<T>): () => Promise<T> {
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
    return { name, ok: false, detail: sentenceOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reports a data set that cannot be used as a fact: the service trains on the others. */
export const noteDataset = (name: string, verify: (name: string) => Promise<void>): ReadinessCheck => ({
  name: 'datasets',
  for: ['jobs'],
  run: () => verify(name).catch((error: unknown) => `Jobs on ${name} are refused. ${sentenceOf(error)}`),
});

/** Whether the file system of `folder` has at least `minimumBytes` free. */
export function checkDisk(folder: string, minimumBytes: number): ReadinessCheck {
  return {
    name: 'disk',
    for: ['jobs'],
    async run() {
      const { freeBytes } = await spaceOf(folder);
      if (freeBytes >= minimumBytes) return;
      throw new TrainyardError(
        'insufficient_storage',
        `${inMiB(freeBytes)} MiB are free in ${folder}; ${inMiB(minimumBytes)} MiB are needed.`,
      );
    },
  };
}

/** Refuses a job on a disk that is nearly full: it would need space for its checkpoints and its model. */
export async function requireSpace(folder: string): Promise<void> {
  const { freeBytes, reserveBytes } = await spaceOf(folder);
  if (freeBytes >= reserveBytes) return;
  throw new TrainyardError(
    'insufficient_storage',
    `The disk of the service is nearly full: ${inMiB(freeBytes)} MiB are free, and jobs are taken from ${inMiB(reserveBytes)} MiB on. Free some space, then send the request again.`,
  );
}
