/** Estimates of when jobs start and end. They use measured rates only: without a rate there is no estimate. */
import type { Estimate, Job, JobSpec } from '../contracts/jobs/job.js';
import type { WorkerInfo } from '../contracts/service/live-worker.js';
import { isCorrupt, type Journal, keys, onRedis, type Redis } from '../events/index.js';
import { imagesOf, type Rate, type Rates, type WorkerKind } from './rates.js';
import { type JobRecord, recordOf } from './record.js';
import type { Workers } from './worker-registry.js';

/** Last position in the queue with an estimate. An estimate reads the record of every job before it. */
const LAST_ESTIMATED_POSITION = 200;

export type Estimates = ReturnType<typeof createEstimates>;

export function createEstimates(
  deps: Readonly<{
    redis: Redis;
    journal: Pick<Journal, 'read'>;
    rates: Pick<Rates, 'of'>;
    workers: Pick<Workers, 'list'>;
  }>,
) {
  const { redis, journal, rates, workers } = deps;

  /** Returns the seconds that a live worker would need for a whole job. */
  async function seconds(spec: JobSpec): Promise<number | undefined> {
    const rate = await rates.of(spec, await workers.list());
    return rate && secondsLeft(spec, rate);
  }

  /** Returns the seconds that a job still needs on a worker. */
  async function needed({ job }: JobRecord, kinds: readonly WorkerKind[]): Promise<number | undefined> {
    const spec = currentSpec(job);
    const rate = await rates.of(spec, kinds);
    return rate && secondsLeft(spec, rate, job);
  }

  /** Returns the time at which a running job ends, in milliseconds since 1970. */
  async function endOf(record: JobRecord, kinds: readonly WorkerKind[]): Promise<number | undefined> {
    const { job, progressAt } = record;
    // The trainer hangs, or a new attempt has not reached its first step.
    if (job.progress !== undefined && job.progress.imagesPerSecond === undefined) return undefined;
    const left = await needed(record, kinds);
    if (left === undefined) return undefined;
    const since = Math.max(progressAt ?? 0, Date.parse(job.startedAt ?? job.createdAt));
    return Math.max(Date.now(), since + 1000 * left);
  }

  /** Returns the time at which a slot becomes free for a queued job, after the running jobs and all queued jobs before it. */
  async function startOf(id: string, live: readonly WorkerInfo[]): Promise<number | undefined> {
    const fit = live.filter(({ fault }) => fault === undefined);
    const slots = fit.reduce((sum, { concurrency }) => sum + concurrency, 0);
    const [runningIds, before] = await onRedis(() =>
      Promise.all([
        redis.zrange(keys.jobsIn('running'), '0', '-1'),
        redis.zrange(keys.queue, '0', String(LAST_ESTIMATED_POSITION)),
      ]),
    );
    const position = before.indexOf(id);
    if (slots === 0 || position < 0) return undefined;
    const ends = await Promise.all((await readRecords(journal, runningIds)).map((record) => endOf(record, live)));
    const idle = Array.from({ length: Math.max(0, slots - ends.length) }, () => Date.now());
    const free = [...ends, ...idle];
    for (const record of await readRecords(journal, before.slice(0, position))) {
      const left = await needed(record, live);
      const at = earliest(free);
      if (at === undefined || left === undefined) return undefined;
      free.splice(free.indexOf(at), 1, at + 1000 * left);
    }
    return earliest(free);
  }

  return {
    seconds,

    /** Adds the estimate to a job that is queued or running. */
    async withEstimate(job: Job): Promise<Job> {
      if (job.status !== 'queued' && job.status !== 'running') return job;
      const [record] = await readRecords(journal, [job.id]);
      if (record === undefined) return job;
      const live = await workers.list();
      const start = job.status === 'queued' ? await startOf(job.id, live) : undefined;
      const left = start === undefined ? undefined : await needed(record, live);
      const end = start === undefined ? undefined : left && start + 1000 * left;
      const endAt = job.status === 'running' ? await endOf(record, live) : end;
      const estimate: Estimate = {
        ...(start !== undefined && { startAt: new Date(start).toISOString() }),
        ...(endAt !== undefined && { endAt: new Date(endAt).toISOString() }),
      };
      return Object.keys(estimate).length === 0 ? job : { ...job, estimate };
    },
  };
}

/** Reads records. Leaves out jobs that do not exist and corrupt records. */
async function readRecords(journal: Pick<Journal, 'read'>, ids: readonly string[]): Promise<JobRecord[]> {
  const found = await Promise.all(ids.map((id) => readRecord(journal, id)));
  return found.filter((record) => record !== undefined);
}

async function readRecord(journal: Pick<Journal, 'read'>, id: string): Promise<JobRecord | undefined> {
  try {
    const fields = await journal.read(id);
    return fields && recordOf(id, fields);
  } catch (error) {
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}

/** Returns the earliest time, or undefined if one is unknown, because that one may be the earliest. */
const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.includes(undefined) ? undefined : Math.min(...(times as number[]));

/** Returns the spec with its live changes. */
function currentSpec({ spec, changes, microBatchSize = spec.microBatchSize }: Job): JobSpec {
  const { epochs = spec.epochs, maxSeconds = spec.maxSeconds } = Object.assign(
    {},
    ...changes.map(({ to }) => to),
  ) as Partial<JobSpec>;
  return { ...spec, epochs, maxSeconds, microBatchSize };
}

/** Returns the seconds to the end of a run. Considers its time limit, but not early stopping. */
function secondsLeft(spec: JobSpec, rate: Rate, { progress, scores }: Pick<Job, 'progress' | 'scores'> = {}): number {
  const images = imagesOf(spec);
  const from = spec.from?.mode === 'continue' ? spec.from.checkpoint : undefined;
  const position = progress ?? from ?? { epoch: 1, step: 0 };
  const scored = scores?.epoch ?? (from?.epoch ?? 1) - 1;
  const inEpoch = Math.max(0, images.training - position.step * spec.batchSize);
  const training = inEpoch + Math.max(0, spec.epochs - position.epoch) * images.training;
  const evaluated = Math.max(0, spec.epochs - scored) * images.evaluated;
  const steps = training * rate.perTrainingImage + evaluated * rate.perEvaluatedImage;
  const bounded = spec.maxSeconds === null ? steps : Math.min(steps, spec.maxSeconds);
  return (progress === undefined ? rate.start : 0) + bounded + rate.end;
}
