/** The checks behind `/readyz`: each returns, or throws why not. */
import { statfs } from 'node:fs/promises';
import type { CheckResult, Readiness } from '../contracts/health.js';
import { TrainyardError } from '../errors.js';

export type ReadinessCheck = Readonly<{ name: string; run: () => Promise<void> }>;

/** A check that takes longer has failed. */
const DEADLINE_MS = 5_000;

/** Runs all checks side by side. One that is still running from a call before is not started again. */
export function createReadiness(checks: readonly ReadinessCheck[]): () => Promise<Readiness> {
  const shared = checks.map(({ name, run }) => ({ name, run: oneAtATime(run) }));
  return async () => {
    const results = await Promise.all(shared.map(runCheck));
    return { status: results.every(({ ok }) => ok) ? 'ready' : 'not ready', checks: results };
  };
}

function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
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
    await Promise.race([run(), late]);
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the file system of `folder` has at least `minimumBytes` free. */
export function checkDisk(folder: string, minimumBytes: number): ReadinessCheck {
  return {
    name: 'disk',
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
