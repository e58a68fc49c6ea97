/** Queue entries that BullMQ gives to this worker: keeps their locks, has their jobs trained, and decides their fate. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Job as BullEntry, WaitingError } from 'bullmq';
import { isPart, partFault } from '../contracts/references/path-part.js';
import { onRedis, type ReportCorruptRecord, retryWhileRedisIsAway } from '../events/index.js';
import type { Logger } from '../logging/logger.js';
import type { HealthChecks } from '../processes/health-checks.js';
import { createHeldJob, type HeldJob } from './held-job.js';
import type { QueueEntry } from './queue-entries.js';
import type { EntryClaim } from './run-attempt.js';
import type { Settlement } from './settle-attempt.js';

const RENEWALS_PER_LOCK = 4;

/** The jobs that this worker owns now, by id. `settled` resolves at the end of the current attempt. */
export type HeldJobs = Map<string, { readonly job: HeldJob; settled: Promise<Settlement> }>;

export type EntryProcessorDeps = Readonly<{
  heldJobs: HeldJobs;
  runAttempt: (jobId: string, claim: EntryClaim, held: HeldJob) => Promise<Settlement>;
  /** Runs an evaluation. Undefined: this worker has no evaluator. */
  runEvaluation: ((id: string, claim: EntryClaim) => Promise<Settlement>) | undefined;
  health: Pick<HealthChecks, 'runQuick'> | undefined;
  /** Called with the number of held jobs, whenever it changes. */
  onHeld: (jobs: number) => void;
  lockMs: number;
  stopping: AbortSignal;
  givingUp: AbortSignal;
  report: ReportCorruptRecord;
  logger: Logger;
}>;

/** Returns the process function of a BullMQ worker. */
export function createEntryProcessor(deps: EntryProcessorDeps) {
  const { heldJobs, lockMs, stopping, logger } = deps;
  let evaluations = 0;
  const reportHeld = (): void => deps.onHeld(heldJobs.size + evaluations);

  /**
   * Renews the lock while the job is trained. The interval does not depend on the wall clock, unlike BullMQ's own renewal, which a jump
   * of the clock stops.
   */
  return async function processEntry(entry: BullEntry<QueueEntry>, token = ''): Promise<void> {
    const renew = (): void => {
      entry.extendLock(token, lockMs).catch((err: unknown) => logger.debug({ err }, 'lock not renewed'));
    };
    const renewing = setInterval(renew, lockMs / RENEWALS_PER_LOCK);
    await trainJobOf(entry, token).finally(() => clearInterval(renewing));
  };

  async function trainJobOf(entry: BullEntry<QueueEntry>, token: string): Promise<void> {
    const { jobId } = entry.data;
    if (!heldJobs.has(jobId) && (await deps.health?.runQuick()) !== undefined) return returnEntry(entry, token);
    if (!isPart('jobId', jobId)) return deps.report(`The record of job ${jobId}`, partFault('jobId', jobId));
    const extend = () => onRedis(() => entry.extendLock(token, lockMs));
    const isLocked = async (): Promise<boolean> =>
      (await retryWhileRedisIsAway(extend, { signal: deps.givingUp, logger })) === 1;
    const claim: EntryClaim = { id: `${token}:${entry.attemptsStarted}`, isLocked };
    const isEvaluation = entry.data.kind === 'evaluation';
    const settlement = isEvaluation ? await evaluate(jobId, claim) : await trainUntilSettled(jobId, claim);
    if (settlement.entry === 'retry' || settlement.entry === 'return') await returnEntry(entry, token);
  }

  async function evaluate(id: string, claim: EntryClaim): Promise<Settlement> {
    if (deps.runEvaluation === undefined) return { entry: 'return' };
    evaluations += 1;
    reportHeld();
    return deps.runEvaluation(id, claim).finally(() => {
      evaluations -= 1;
      reportHeld();
    });
  }

  async function trainUntilSettled(jobId: string, claim: EntryClaim): Promise<Settlement> {
    const joins = heldJobs.has(jobId);
    let settlement = await runOrJoin(jobId, claim);
    // The attempt that it joined was overtaken, so this entry belongs to a newer attempt.
    if (joins && settlement.entry === 'lost') settlement = await runOrJoin(jobId, claim);
    // During a restart the job keeps its slot. In the queue it would wait until other jobs have ended.
    while (settlement.entry === 'retry' && !stopping.aborted) {
      await delay(settlement.afterMs, undefined, { signal: stopping }).catch(() => undefined);
      if (!stopping.aborted) settlement = await runOrJoin(jobId, claim);
    }
    return settlement;
  }

  /** Runs an attempt. If one runs here already, because the lock expired and the entry came again, waits for that one. */
  function runOrJoin(jobId: string, claim: EntryClaim): Promise<Settlement> {
    const current = heldJobs.get(jobId);
    if (current !== undefined) return current.settled;
    const held = { job: createHeldJob(), settled: Promise.resolve<Settlement>({ entry: 'done' }) };
    heldJobs.set(jobId, held);
    reportHeld();
    held.settled = deps.runAttempt(jobId, claim, held.job).finally(() => release(jobId));
    return held.settled;
  }

  function release(jobId: string): void {
    heldJobs.delete(jobId);
    reportHeld();
  }
}

/** Puts an entry back into the queue, for the next free worker. */
async function returnEntry(entry: BullEntry<QueueEntry>, token: string): Promise<never> {
  await entry.moveToWait(token);
  throw new WaitingError();
}
