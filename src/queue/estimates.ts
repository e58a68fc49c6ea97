/** Estimates of how long jobs take, and when they start and end. */
import type { Estimate, Job, JobSpec } from '../contracts/jobs/job.js';
import { phaseAt, runPhases } from '../contracts/jobs/phases.js';
import type { TimeEstimate } from '../contracts/jobs/time-estimate.js';
import type { TrainingWork } from '../contracts/networks/training-work.js';
import type { WorkerInfo } from '../contracts/service/live-worker.js';
import { isCorrupt, type Journal, keys, onRedis, type Redis } from '../events/index.js';
import { BOUNDS, type Bound, type Forecast, forecast, type OwnSteps, type Rate } from './forecast.js';
import { imagesOf, type Rates } from './rates.js';
import { type JobRecord, recordOf } from './record.js';
import type { Workers } from './worker-registry.js';

/** Last position in the queue with an estimate. An estimate reads the record of every job before it. */
const LAST_ESTIMATED_POSITION = 200;

/** Times in milliseconds since 1970, or durations in seconds. */
type Range = Readonly<Record<Bound, number>>;

export type Estimates = ReturnType<typeof createEstimates>;

type EstimateDeps = Readonly<{
  redis: Redis;
  journal: Pick<Journal, 'read'>;
  rates: Pick<Rates, 'measured'>;
  workers: Pick<Workers, 'list'>;
}>;

export function createEstimates(deps: EstimateDeps) {
  const { journal, rates, workers } = deps;
  const starts = createStartTimes(deps);

  return {
    /** Returns the seconds that such jobs take on the live workers by measured rates. Undefined unless every phase was measured. */
    async seconds(spec: JobSpec): Promise<number | undefined> {
      const measured = await forecast(spec, undefined, await workers.list(), rates);
      return measured && secondsLeft(spec, measured.rates.mid);
    },

    /** Returns the expected duration of a job that is not queued yet. Undefined if nothing is known about the live workers. */
    async duration(spec: JobSpec, work: TrainingWork): Promise<TimeEstimate | undefined> {
      const known = await forecast(spec, work, await workers.list(), rates);
      if (known === undefined) return undefined;
      const { basis, explanation } = known;
      const { low, high } = known.rates;
      const epochs = (all: readonly Rate[]) => all.map((rate) => epochSeconds(spec, rate));
      return {
        seconds: { low: rounded(secondsLeft(spec, low)), high: rounded(secondsLeft(spec, high)) },
        epochSeconds: { low: rounded(Math.min(...epochs(low))), high: rounded(Math.max(...epochs(high))) },
        basis,
        explanation,
      };
    },

    /** Adds the estimate to a job that is queued or running. */
    async withEstimate(job: Job): Promise<Job> {
      if (job.status !== 'queued' && job.status !== 'running') return job;
      const [record] = await readRecords(journal, [job.id]);
      if (record === undefined) return job;
      const live = await workers.list();
      const start = job.status === 'queued' ? await starts.of(job.id, live) : undefined;
      const known = await forecastOf(record, live, rates);
      const end = known && endTimes(record, known, start, job.status);
      const estimate: Estimate = {
        ...(start !== undefined && { startAt: iso(start.mid) }),
        ...(end && {
          endAt: iso(end.mid),
          earliestEndAt: iso(end.low),
          latestEndAt: iso(end.high),
          basis: known.basis,
          explanation: known.explanation,
        }),
      };
      return Object.keys(estimate).length === 0 ? job : { ...job, estimate };
    },
  };
}

/** Returns when a job ends: a running one from its progress, a queued one from its start. */
function endTimes(record: JobRecord, known: Forecast, start: Range | undefined, status: Job['status']) {
  if (status === 'running') return runningEnd(record, known);
  return start && mapBounds((bound) => start[bound] + 1000 * neededSeconds(record.job, known.rates[bound]));
}

/** Returns when a running job ends. Undefined if its trainer hangs, or a new attempt has not reached its first step. */
function runningEnd({ job, progressAt }: JobRecord, known: Forecast): Range | undefined {
  if (job.progress !== undefined && job.progress.imagesPerSecond === undefined) return undefined;
  const since = Math.max(progressAt ?? 0, Date.parse(job.startedAt ?? job.createdAt));
  return mapBounds((bound) => Math.max(Date.now(), since + 1000 * neededSeconds(job, known.rates[bound])));
}

/** Returns the forecast of a job: measured on such jobs, else in its own latest steps, else computed. */
function forecastOf({ job, work }: JobRecord, live: readonly WorkerInfo[], rates: EstimateDeps['rates']) {
  const spec = currentSpec(job);
  return forecast(spec, work, live, rates, ownSteps(job, spec));
}

/** Returns the latest steps of a running job. Undefined before its first step. */
function ownSteps({ status, progress }: Job, spec: JobSpec): OwnSteps | undefined {
  if (status !== 'running' || progress?.imagesPerSecond === undefined) return undefined;
  return { imagesPerSecond: progress.imagesPerSecond, current: phaseAt(spec, progress.epoch).index };
}

/** Returns the seconds that a job still needs on a worker. */
const neededSeconds = (job: Job, rates: readonly Rate[]): number => secondsLeft(currentSpec(job), rates, job);

/** Times at which slots become free for queued jobs. */
function createStartTimes({ redis, journal, rates }: EstimateDeps) {
  const forecastsOf = (records: readonly JobRecord[], live: readonly WorkerInfo[]) =>
    Promise.all(records.map(async (record) => ({ record, known: await forecastOf(record, live, rates) })));

  return {
    /** Returns when a slot becomes free for a queued job, after the running jobs and all queued jobs before it. */
    async of(id: string, live: readonly WorkerInfo[]): Promise<Range | undefined> {
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
      const running = await forecastsOf(await readRecords(journal, runningIds), live);
      const ahead = await forecastsOf(await readRecords(journal, before.slice(0, position)), live);
      const ends = running.map(({ record, known }) => known && runningEnd(record, known));
      const needs = ahead.map(
        ({ record, known }) => known && mapBounds((at) => neededSeconds(record.job, known.rates[at])),
      );
      const at = (bound: Bound) =>
        freeSlotAt(
          slots,
          ends.map((end) => end?.[bound]),
          needs.map((seconds) => seconds?.[bound]),
        );
      const [low, mid, high] = BOUNDS.map(at);
      return low === undefined || mid === undefined || high === undefined ? undefined : { low, mid, high };
    },
  };
}

/** Returns when a slot is free: `ends` are the ends of running jobs, `needs` the seconds of the jobs ahead in the queue. */
function freeSlotAt(slots: number, ends: readonly (number | undefined)[], needs: readonly (number | undefined)[]) {
  const idle = Array.from({ length: Math.max(0, slots - ends.length) }, () => Date.now());
  const free = [...ends, ...idle];
  for (const seconds of needs) {
    const at = earliest(free);
    if (at === undefined || seconds === undefined) return undefined;
    free.splice(free.indexOf(at), 1, at + 1000 * seconds);
  }
  return earliest(free);
}

const mapBounds = (value: (bound: Bound) => number): Range => ({
  low: value('low'),
  mid: value('mid'),
  high: value('high'),
});

const iso = (at: number): string => new Date(at).toISOString();
const rounded = (seconds: number): number => Number(seconds.toPrecision(3));

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

/** Returns the seconds of one epoch with its scores. */
function epochSeconds(spec: JobSpec, { perTrainingImage, perEvaluatedImage }: Rate): number {
  const { training, evaluated } = imagesOf(spec);
  return training * perTrainingImage + evaluated * perEvaluatedImage;
}

/** Returns the seconds to the end of a run, from the rate in each phase. Considers its time limit, but not early stopping. */
function secondsLeft(
  spec: JobSpec,
  rates: readonly Rate[],
  { progress, scores }: Pick<Job, 'progress' | 'scores'> = {},
): number {
  const from = spec.from?.mode === 'continue' ? spec.from.checkpoint : undefined;
  const { epoch, step } = progress ?? from ?? { epoch: 1, step: 0 };
  const done = epoch - 1 + Math.min(1, (step * spec.batchSize) / imagesOf(spec).training);
  const scored = scores?.epoch ?? (from?.epoch ?? 1) - 1;
  const steps = phaseSeconds(spec, rates, { done, scored }).reduce((sum, seconds) => sum + seconds, 0);
  const bounded = spec.maxSeconds === null ? steps : Math.min(steps, spec.maxSeconds);
  return (progress === undefined ? (rates[0]?.start ?? 0) : 0) + bounded + (rates.at(-1)?.end ?? 0);
}

/** Returns the seconds of each phase after `done` trained and `scored` scored epochs of the run. */
function phaseSeconds(
  spec: JobSpec,
  rates: readonly Rate[],
  { done, scored }: Readonly<{ done: number; scored: number }>,
): number[] {
  const { training, evaluated } = imagesOf(spec);
  return runPhases(spec).map(({ index, before, epochs }) => {
    const { perTrainingImage = 0, perEvaluatedImage = 0 } = rates[index] ?? {};
    const end = Math.min(before + epochs, spec.epochs);
    const left = (from: number): number => Math.max(0, end - Math.max(before, from));
    return left(done) * training * perTrainingImage + left(scored) * evaluated * perEvaluatedImage;
  });
}
