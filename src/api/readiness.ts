/** The checks behind `/readyz`. */
import { statfs } from 'node:fs/promises';
import type { CheckResult, Purpose, Readiness } from '../contracts/health.js';
import { TrainyardError } from '../errors.js';

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
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize;
      if (free >= minimumBytes) return;
      const inMiB = (bytes: number): number => Math.floor(bytes / 2 ** 20);
      throw new TrainyardError(
        'insufficient_storage',
        `${inMiB(free)} MiB are free in ${folder}; ${inMiB(minimumBytes)} MiB are needed.`,
      );
    },
  };
}
