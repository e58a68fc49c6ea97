/** A request for a job that starts from a checkpoint or a model: its schema, and the whole request it stands for. */
import { type Static, Type } from 'typebox';
import { JobRequest, type JobSpec, requestFields, resolveJob } from '../jobs/job.js';
import type { AppliedChange, Tuning } from '../jobs/live-change.js';
import { StartRequest } from '../jobs/starting-point.js';
import { isJobSpec, type ModelSpec } from '../models/model.js';
import { NetworkName } from '../networks/network-options.js';
import type { EarlyStoppingRequest, EarlyStoppingSpec } from '../training/training-options.js';

export const JobFromRequest = Type.Object(
  {
    from: StartRequest,
    network: Type.Optional(NetworkName),
    networkOptions: Type.Optional(
      Type.Object(
        { dropRate: Type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'The one option that may differ.' }) },
        { additionalProperties: false },
      ),
    ),
    ...requestFields,
  },
  { additionalProperties: false, title: 'JobFromRequest' },
);
export type JobFromRequest = Static<typeof JobFromRequest>;

/** What `POST /jobs` takes: a network, or something to start from. */
export const JobSubmission = Type.Unsafe<JobRequest | JobFromRequest>(
  Type.Union([...(JobRequest as unknown as { anyOf: (typeof JobFromRequest)[] }).anyOf, JobFromRequest]),
);
export type JobSubmission = Static<typeof JobSubmission>;

/** A spec with the values that changes have left: what a run goes on with. */
export function tunedSpec(spec: JobSpec, changes: readonly Pick<AppliedChange, 'to'>[]): JobSpec {
  const left: Partial<Tuning> = Object.assign({}, ...changes.map(({ to }) => to));
  const { learningRate = spec.optimizer.learningRate, epochs = spec.epochs, maxSeconds = spec.maxSeconds } = left;
  const earlyStopping = spec.earlyStopping && {
    ...spec.earlyStopping,
    ...(left.patience && { patience: left.patience }),
  };
  return { ...spec, epochs, maxSeconds, earlyStopping, optimizer: { ...spec.optimizer, learningRate } };
}

export const isFrom = (body: JobSubmission): body is JobFromRequest => 'from' in body;

/** What a job has that starts from a model and says nothing else: of an import, what a new network has, on the input of the import. */
export function trainableSpec(spec: ModelSpec): JobSpec {
  if (isJobSpec(spec)) return spec;
  const { network, networkOptions, name, dataset, normalization } = spec;
  return resolveJob({
    ...({ network, networkOptions } as Pick<JobRequest, 'network' | 'networkOptions'>),
    ...{ name, normalization, dataset: { resize: dataset.resize } },
  } as JobRequest);
}

/**
 * The request for a network that a request with `from` stands for: `source`, the spec of what it starts from, and over it what
 * the request says. Of options that have a name, those of another name are that one's own, as is what belongs to a metric.
 */
export function wholeRequest(body: JobFromRequest, source: JobSpec): JobRequest {
  const {
    from: _,
    network: __,
    networkOptions,
    dataset,
    augmentation,
    optimizer,
    schedule,
    earlyStopping,
    ...over
  } = body;
  const { from: ___, precisionReason: ____, microBatchSize, ...same } = source;
  const sameData = dataset?.name === undefined || dataset.name === source.dataset.name;
  // Parts that were the whole batch stay the whole of another one.
  const isWhole = microBatchSize === source.batchSize && over.batchSize !== undefined;
  return {
    ...same,
    ...(!isWhole && { microBatchSize }),
    ...over,
    networkOptions: { ...source.networkOptions, ...networkOptions },
    dataset: { ...(sameData ? sameImages(source.dataset, dataset) : { resize: source.dataset.resize }), ...dataset },
    augmentation: { ...source.augmentation, ...augmentation },
    optimizer: overNamed(source.optimizer, optimizer),
    schedule: overNamed(source.schedule, schedule),
    earlyStopping: overWatched(source.earlyStopping, earlyStopping),
  } as JobRequest;
}

/** The images of the source. If the validation images are taken from elsewhere, their number is no longer the source's. */
function sameImages(source: JobSpec['dataset'], over: JobRequest['dataset']): JobRequest['dataset'] {
  const { validationSamples, ...others } = source;
  const isElsewhere = over?.validation !== undefined && over.validation !== (source.validation ?? 'drawn');
  return isElsewhere ? others : { ...others, validationSamples };
}

/** Options over those of the same name; without a name they have the same. */
const overNamed = (source: Readonly<{ name: string }>, over: Readonly<{ name?: string }> = {}): object =>
  over.name === undefined || over.name === source.name ? { ...source, ...over } : over;

/** Early stopping over that of the source; by another metric its direction and its margin are that one's own. */
function overWatched(source: EarlyStoppingSpec | null, over: EarlyStoppingRequest | undefined): EarlyStoppingRequest {
  if (over === undefined) return source;
  if (over === null || source === null) return over;
  const { metric = source.metric } = over;
  return metric === source.metric ? { ...source, ...over } : { patience: source.patience, ...over };
}
