/** When jobs are expected to start and end, from measured rates alone: where one is missing, nothing is said. */
import type { Estimate, Job, JobSpec } from '../contracts/jobs/job.js';
import type { WorkerInfo } from '../contracts/service/worker.js';
import { isCorrupt, type Journal, keys, onRedis, type Redis } from '../events/index.js';
import { imagesOf, type Rate, type Rates, type WorkerKind } from './rates.js';
import { type JobRecord, recordOf } from './record.js';
import type { Workers } from './workers.js';

/** Beyond this place in the queue nothing is estimated: every job before has to be looked at. */
const FURTHEST_PLACE = 200;

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

  /** Undefined for a job that is not there, or whose record is corrupt. */
  async function read(id: string): Promise<JobRecord | undefined> {
    try {
      const fields = await journal.read(id);
      return fields && recordOf(id, fields);
    } catch (error) {
      if (isCorrupt(error)) return undefined;
      throw error;
    }
  }

  async function recordsOf(ids: readonly string[]): Promise<JobRecord[]> {
    const found = await Promise.all(ids.map((id) => read(id)));
    return found.filter((record) => record !== undefined);
  }

  /** Seconds from the start of a job to its end, as a worker of now would take. */
  async function seconds(spec: JobSpec): Promise<number | undefined> {
    const rate = await rates.of(spec, await workers.list());
    return rate && secondsLeft(spec, rate);
  }

  /** Seconds that a job still needs once it is on a worker. */
  async function needed({ job }: JobRecord, kinds: readonly WorkerKind[]): Promise<number | undefined> {
    const spec = specNow(job);
    const rate = await rates.of(spec, kinds);
    return rate && secondsLeft(spec, rate, job);
  }

  /** When a running job ends, in ms. */
  async function endOf(record: JobRecord, kinds: readonly WorkerKind[]): Promise<number | undefined> {
    const { job, progressAt } = record;
    // Its trainer hangs, or has not gone on yet after another one.
    if (job.progress !== undefined && job.progress.imagesPerSecond === undefined) return undefined;
    const left = await needed(record, kinds);
    if (left === undefined) return undefined;
    const since = Math.max(progressAt ?? 0, Date.parse(job.startedAt ?? job.createdAt));
    return Math.max(Date.now(), since + 1000 * left);
  }

  /** When a slot is free for a queued job, in ms: running jobs end, and those before it in the queue take their turns. */
  async function startOf(id: string, live: readonly WorkerInfo[]): Promise<number | undefined> {
    const fit = live.filter(({ fault }) => fault === undefined);
    const slots = fit.reduce((sum, { concurrency }) => sum + concurrency, 0);
    const [runningIds, before] = await onRedis(() =>
      Promise.all([
        redis.zrange(keys.jobsIn('running'), '0', '-1'),
        redis.zrange(keys.queue, '0', String(FURTHEST_PLACE)),
      ]),
    );
    const place = before.indexOf(id);
    if (slots === 0 || place < 0) return undefined;
    const ends = await Promise.all((await recordsOf(runningIds)).map((record) => endOf(record, live)));
    const idle = Array.from({ length: Math.max(0, slots - ends.length) }, () => Date.now());
    const free = [...ends, ...idle];
    for (const record of await recordsOf(before.slice(0, place))) {
      const left = await needed(record, live);
      const at = earliest(free);
      if (at === undefined || left === undefined) return undefined;
      free.splice(free.indexOf(at), 1, at + 1000 * left);
    }
    return earliest(free);
  }

  return {
    seconds,

    /** The job with what is expected of it, while it is queued or runs. */
    async withEstimate(job: Job): Promise<Job> {
      if (job.status !== 'queued' && job.status !== 'running') return job;
      const [record] = await recordsOf([job.id]);
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

/** Undefined where one of them is not known: it may be the earliest. */
const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.includes(undefined) ? undefined : Math.min(...(times as number[]));

/** The spec with the values that were changed since. */
function specNow({ spec, changes, microBatchSize = spec.microBatchSize }: Job): JobSpec {
  const { epochs = spec.epochs, maxSeconds = spec.maxSeconds } = Object.assign(
    {},
    ...changes.map(({ to }) => to),
  ) as Partial<JobSpec>;
  return { ...spec, epochs, maxSeconds, microBatchSize };
}

/** Seconds from here to the end. Early stopping may end the job before; a time limit is counted in. */
function secondsLeft(spec: JobSpec, rate: Rate, { progress, scores }: Pick<Job, 'progress' | 'scores'> = {}): number {
  const images = imagesOf(spec);
  const from = spec.from?.mode === 'continue' ? spec.from.checkpoint : undefined;
  const place = progress ?? from ?? { epoch: 1, step: 0 };
  const scored = scores?.epoch ?? (from?.epoch ?? 1) - 1;
  const inEpoch = Math.max(0, images.training - place.step * spec.batchSize);
  const training = inEpoch + Math.max(0, spec.epochs - place.epoch) * images.training;
  const evaluated = Math.max(0, spec.epochs - scored) * images.evaluated;
  const steps = training * rate.perTrainingImage + evaluated * rate.perEvaluatedImage;
  const bounded = spec.maxSeconds === null ? steps : Math.min(steps, spec.maxSeconds);
  return (progress === undefined ? rate.start : 0) + bounded + rate.end;
}
