/** Training rates that workers measured, by network, input, batch size, precision and kind of worker. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { EpochEvent, StepEvent, TrainerEvent } from '../contracts/jobs/frame.js';
import { type JobSpec, trainedImages } from '../contracts/jobs/job.js';
import type { WorkerInfo } from '../contracts/service/live-worker.js';
import { createCorruptRecordLog, keys, onRedis, type Redis, readOrReport, requireValid } from '../events/index.js';
import { sha256 } from '../files/sha256.js';
import type { Logger } from '../logging/logger.js';
import type { AttemptMeasurement } from './job-hooks.js';

/**
 * The latest measurement, in seconds. `start`: from the beginning of an attempt to its first step. `end`: from the end of the last epoch to
 * the end of the job. Both are absent until they were measured; records of older versions have 0 then. `recent`: `perTrainingImage` of the
 * latest epochs. Records of older versions lack it.
 */
const StoredRate = Type.Object({
  perTrainingImage: Type.Number(),
  perEvaluatedImage: Type.Number(),
  start: Type.Optional(Type.Number()),
  end: Type.Optional(Type.Number()),
  recent: Type.Optional(Type.Array(Type.Number())),
});
type StoredRate = Readonly<Static<typeof StoredRate>>;
export type MeasuredRate = StoredRate & Readonly<{ recent: readonly number[] }>;
type Measurement = Partial<Omit<StoredRate, 'recent'>>;
const schema = Compile(StoredRate);

/** Epochs that `recent` keeps. */
const MAX_RECENT = 10;

/** Workers of one kind train equally fast. */
export type WorkerKind = Pick<WorkerInfo, 'device' | 'processor' | 'cores' | 'concurrency'>;

/** The settings that determine the rate of a job, or of one of its phases. `trainingResize`: side of the images that it trains on. */
type RatedSpec = Pick<
  JobSpec,
  'network' | 'networkOptions' | 'dataset' | 'batchSize' | 'microBatchSize' | 'precision' | 'freeze' | 'batchNorm'
> &
  Readonly<{ trainingResize?: number }>;

/** Returns the settings of each phase of a run; of the whole run if it has no phases. */
export const ratedPhases = ({ phases, ...spec }: RatedSpec & Pick<JobSpec, 'phases'>): readonly RatedSpec[] =>
  phases?.map(({ freeze, batchNorm, resize }) => ({ ...spec, freeze, batchNorm, trainingResize: resize })) ?? [spec];

/** Maximum number of rates kept in Redis. The oldest are removed first. */
const MAX_RATES = 2_000;

/** ARGV: hash, sorted set of its fields, field, value, milliseconds since 1970, limit. Returns the number of removed rates. */
const STORE = `
local hash, order, field, value, now, most = unpack(ARGV)
redis.call('HSET', hash, field, value)
redis.call('ZADD', order, now, field)
local surplus = redis.call('ZCARD', order) - tonumber(most)
if surplus <= 0 then return 0 end
local old = redis.call('ZRANGE', order, 0, surplus - 1)
redis.call('HDEL', hash, unpack(old))
redis.call('ZREM', order, unpack(old))
return surplus
`;

type Scripts = Redis & { trainyardRate(...args: (string | number)[]): Promise<number> };

export type Rates = ReturnType<typeof createRates>;

export function createRates({
  redis,
  logger,
  most = MAX_RATES,
}: Readonly<{ redis: Redis; logger: Logger; most?: number }>) {
  redis.defineCommand('trainyardRate', { numberOfKeys: 0, lua: STORE });
  const scripts = redis as Scripts;
  const report = createCorruptRecordLog(logger);

  function rateOf(value: string | null): MeasuredRate | undefined {
    if (value === null) return undefined;
    const read = () => requireValid(schema, JSON.parse(value));
    const rate = readOrReport(`A rate ${value.slice(0, 80)}`, read, report);
    if (rate === undefined) return undefined;
    const { start, end, recent = [rate.perTrainingImage], ...perImage } = rate;
    return { ...perImage, ...(start && { start }), ...(end && { end }), recent };
  }

  async function read(fields: readonly string[]): Promise<(MeasuredRate | undefined)[]> {
    if (fields.length === 0) return [];
    return (await onRedis(() => redis.hmget(keys.rates, ...fields))).map(rateOf);
  }

  async function save(field: string, measured: Measurement): Promise<void> {
    const [before] = await read([field]);
    const { perTrainingImage: latest } = measured;
    if (before === undefined && latest === undefined) return; // the rate was removed before its job ended
    const recent = [...(before?.recent ?? []), ...(latest === undefined ? [] : [latest])].slice(-MAX_RECENT);
    const value = JSON.stringify({ ...before, ...measured, recent });
    await onRedis(() => scripts.trainyardRate(keys.rates, keys.ratesByAge, field, value, Date.now(), most));
  }

  return {
    /** Returns the rate on each kind of worker, in the order of `kinds`. Undefined where none was measured. */
    measured: (spec: RatedSpec, kinds: readonly WorkerKind[]): Promise<(MeasuredRate | undefined)[]> =>
      read(kinds.map((kind) => fieldOf(spec, kind))),

    /** Measures an attempt that begins now. Ignores failures to store a rate. */
    measure(spec: JobSpec, kind: WorkerKind): AttemptMeasurement {
      const fields = ratedPhases(spec).map((phase) => fieldOf(phase, kind));
      let saving: Promise<void> = Promise.resolve();
      return measureAttempt(imagesOf(spec), (measured, phase) => {
        saving = saving
          .then(() => save(fields[phase - 1] ?? '', measured))
          .catch((err: unknown) => logger.debug({ err }, 'rate not stored'));
      });
    },
  };
}

/** Derives rates from the events of one attempt, and calls `store` with each of them and the number of its phase. */
function measureAttempt(
  images: EpochImages,
  store: (measured: Measurement, phase: number) => void,
): AttemptMeasurement {
  const began = performance.now();
  /** Seconds per image in each step frame of the epoch. */
  let secondsPerImage: number[] = [];
  let currentPhase: number | undefined;
  let isResumed = false;
  let epochEnded: number | undefined;

  function noteStep({ imagesPerSecond, phase = 1 }: StepEvent): void {
    // The first steps of a process, and of a phase, take longer than all others.
    if (phase === currentPhase) secondsPerImage.push(1 / imagesPerSecond);
    currentPhase = phase;
  }

  function noteEpoch({ imagesPerSecond, seconds, phase = 1 }: EpochEvent): void {
    const all = 1 / imagesPerSecond;
    const perTrainingImage = secondsPerImage.length === 0 ? all : meanOf(secondsPerImage);
    const evaluation = Math.max(0, seconds - images.training * all);
    const now = performance.now();
    const start = (now - began) / 1000 - seconds;
    const isFirstEpoch = epochEnded === undefined && !isResumed && start > 0;
    store(
      { perTrainingImage, perEvaluatedImage: evaluation / images.evaluated, ...(isFirstEpoch && { start }) },
      phase,
    );
    currentPhase = phase;
    secondsPerImage = [];
    epochEnded = now;
  }

  return {
    note(event: TrainerEvent): void {
      if (event.type === 'resume' || event.type === 'start') isResumed = true;
      if (event.type === 'step') noteStep(event);
      if (event.type === 'epoch') noteEpoch(event);
    },
    trained(): void {
      if (epochEnded !== undefined) store({ end: (performance.now() - epochEnded) / 1000 }, currentPhase ?? 1);
    },
  };
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Number of images that an epoch trains on, and that are scored after it. */
type EpochImages = Readonly<{ training: number; evaluated: number }>;

/** Returns the numbers of images of an epoch. */
export function imagesOf({ dataset }: Pick<JobSpec, 'dataset'>): EpochImages {
  return { training: trainedImages(dataset), evaluated: dataset.testSamples + dataset.validationSamples };
}

function fieldOf(spec: RatedSpec, { device, processor, cores, concurrency }: WorkerKind): string {
  const { network, networkOptions, dataset, batchSize, microBatchSize, precision } = spec;
  const { freeze = null, batchNorm = 'trained', trainingResize = dataset.resize } = spec;
  const isWhole = freeze === null && batchNorm === 'trained' && trainingResize === dataset.resize;
  const fineTuning = isWhole ? [] : [freeze, batchNorm, trainingResize];
  const job = [
    network,
    networkOptions,
    dataset.name,
    dataset.resize,
    batchSize,
    microBatchSize,
    precision,
    ...fineTuning,
  ];
  const text = JSON.stringify([job, device, processor, cores, concurrency]);
  return sha256(text, 'base64url').slice(0, 22);
}
