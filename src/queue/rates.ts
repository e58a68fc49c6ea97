/** How fast jobs were trained, as workers measured it: by network, input, batch, precision and kind of worker; a bounded number of them. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TrainerEvent } from '../contracts/jobs/frame.js';
import { type JobSpec, trainedImages } from '../contracts/jobs/job.js';
import type { WorkerInfo } from '../contracts/service/worker.js';
import { createCorruptRecordLog, keys, onRedis, type Redis, readOrReport, requireValid } from '../events/index.js';
import { sha256 } from '../files/sha256.js';
import type { Logger } from '../logging/logger.js';

/** Seconds, as they were measured last: `start` from the beginning of an attempt to its first step, `end` from the last epoch's end to the job's. */
const Rate = Type.Object({
  perTrainingImage: Type.Number(),
  perEvaluatedImage: Type.Number(),
  start: Type.Number(),
  end: Type.Number(),
});
export type Rate = Readonly<Static<typeof Rate>>;
const schema = Compile(Rate);

/** Workers of one kind train alike. */
export type WorkerKind = Pick<WorkerInfo, 'device' | 'processor' | 'cores' | 'concurrency'>;

/** What of a job decides its rate. */
type RatedSpec = Pick<JobSpec, 'network' | 'networkOptions' | 'dataset' | 'batchSize' | 'microBatchSize' | 'precision'>;

/** Kept: those measured last. */
const MOST_RATES = 2_000;

/** ARGV: hash, order, field, value, now in ms, most. */
const KEEP = `
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
  most = MOST_RATES,
}: Readonly<{ redis: Redis; logger: Logger; most?: number }>) {
  redis.defineCommand('trainyardRate', { numberOfKeys: 0, lua: KEEP });
  const scripts = redis as Scripts;
  const report = createCorruptRecordLog(logger);

  function rateOf(value: string | null): Rate | undefined {
    if (value === null) return undefined;
    return readOrReport(`A rate ${value.slice(0, 80)}`, () => requireValid(schema, JSON.parse(value)), report);
  }

  async function read(fields: readonly string[]): Promise<Rate[]> {
    if (fields.length === 0) return [];
    const values = await onRedis(() => redis.hmget(keys.rates, ...fields));
    return values.map(rateOf).filter((rate) => rate !== undefined);
  }

  async function save(field: string, measured: Partial<Rate>): Promise<void> {
    const [before = { perTrainingImage: 0, perEvaluatedImage: 0, start: 0, end: 0 }] = await read([field]);
    const value = JSON.stringify({ ...before, ...measured });
    await onRedis(() => scripts.trainyardRate(keys.rates, keys.ratesByAge, field, value, Date.now(), most));
  }

  return {
    /** The mean rate of such jobs on workers of these kinds; undefined where none of them was measured. */
    async of(spec: RatedSpec, kinds: readonly WorkerKind[]): Promise<Rate | undefined> {
      const found = await read([...new Set(kinds.map((kind) => fieldOf(spec, kind)))]);
      if (found.length === 0) return undefined;
      const mean = (name: keyof Rate) => found.reduce((sum, rate) => sum + rate[name], 0) / found.length;
      return {
        perTrainingImage: mean('perTrainingImage'),
        perEvaluatedImage: mean('perEvaluatedImage'),
        start: mean('start'),
        end: mean('end'),
      };
    },

    /** Measures an attempt that begins now. What cannot be stored is not missed. */
    measure(spec: JobSpec, kind: WorkerKind) {
      const began = performance.now();
      const field = fieldOf(spec, kind);
      const images = imagesOf(spec);
      let frames: number[] = [];
      let isFirst = true;
      let isResumed = false;
      let epochEnded: number | undefined;
      let saving: Promise<void> = Promise.resolve();
      const keep = (measured: Partial<Rate>): void => {
        saving = saving
          .then(() => save(field, measured))
          .catch((err: unknown) => logger.debug({ err }, 'rate not stored'));
      };
      return {
        note(event: TrainerEvent): void {
          if (event.type === 'resume' || event.type === 'start') isResumed = true;
          if (event.type === 'step') {
            // The first steps of a process take longer than all others.
            if (!isFirst) frames.push(1 / event.imagesPerSecond);
            isFirst = false;
          }
          if (event.type !== 'epoch') return;
          const all = 1 / event.imagesPerSecond;
          const perTrainingImage = frames.length === 0 ? all : frames.reduce((sum, each) => sum + each) / frames.length;
          const evaluation = Math.max(0, event.seconds - images.training * all);
          const now = performance.now();
          const start = (now - began) / 1000 - event.seconds;
          const isWhole = epochEnded === undefined && !isResumed && start > 0;
          keep({ perTrainingImage, perEvaluatedImage: evaluation / images.evaluated, ...(isWhole && { start }) });
          frames = [];
          epochEnded = now;
        },

        /** The trainer has stored its model. */
        trained(): void {
          if (epochEnded !== undefined) keep({ end: (performance.now() - epochEnded) / 1000 });
        },
      };
    },
  };
}

/** Images of an epoch that are trained on, and those that are scored after it. */
export function imagesOf({ dataset }: Pick<JobSpec, 'dataset'>): Readonly<{ training: number; evaluated: number }> {
  return { training: trainedImages(dataset), evaluated: dataset.testSamples + dataset.validationSamples };
}

function fieldOf(spec: RatedSpec, { device, processor, cores, concurrency }: WorkerKind): string {
  const { network, networkOptions, dataset, batchSize, microBatchSize, precision } = spec;
  const job = [network, networkOptions, dataset.name, dataset.resize, batchSize, microBatchSize, precision];
  const text = JSON.stringify([job, device, processor, cores, concurrency]);
  return sha256(text, 'base64url').slice(0, 22);
}
