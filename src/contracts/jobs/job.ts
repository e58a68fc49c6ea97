/** The job contract: what a client asks for, the resolved spec that is trained, and the record that is answered. */
import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { type DatasetInfo, DatasetName, LARGEST_RESIZE, MOST_SAMPLES, SMALLEST_RESIZE } from '../datasets/dataset.js';
import { StringEnum } from '../json-schema/enums.js';
import {
  NETWORK_NAMES,
  NetworkName,
  NetworkOptions,
  type OptionsOf,
  requestedOptions,
  resolveNetworkOptions,
} from '../networks/network-options.js';
import { ModelName, ModelReference } from '../references/model-reference.js';
import { choosePrecision, type PrecisionChoice, PrecisionReason } from '../service/worker.js';
import {
  AugmentationSpec,
  count,
  EarlyStopping,
  EarlyStoppingRequest,
  Epochs,
  LEAST_ABOVE_0,
  MaxSeconds,
  NormalizationSpec,
  OptimizerRequest,
  OptimizerSpec,
  Precision,
  PrecisionRequest,
  resolveAugmentation,
  resolveEarlyStopping,
  resolveOptimizer,
  resolveSchedule,
  ScheduleRequest,
  ScheduleSpec,
} from '../training/training-options.js';
import { MOST_CHANGES, PlannedChange, Priority, RecordedChange } from './live-change.js';
import { EpochScores, Failure, Progress } from './outcome.js';
import { StartSpec } from './starting-point.js';
import { CancelMode, EndReason } from './stop-reason.js';
import { Webhook, WebhookRequests } from './webhook.js';

const resizeLimits = { minimum: SMALLEST_RESIZE, maximum: LARGEST_RESIZE };
const RESIZE = 'Side in pixels to which each image is resized (bilinear, half-pixel centres) before the network.';
/** Side of the network's input. */
export const Resize = Type.Integer({ ...resizeLimits, description: RESIZE });

const datasetFields = {
  resize: Type.Integer({
    ...resizeLimits,
    description: `${RESIZE} Default 96; of an imported data set, the side of its images.`,
  }),
  trainSamples: count(
    'How many images to train on: the first N of the training set. Default: all of them.',
    MOST_SAMPLES,
  ),
  testSamples: count('How many images to test on: the first N of the test set. Default: all of them.', MOST_SAMPLES),
  validationSamples: Type.Integer({
    minimum: 0,
    maximum: MOST_SAMPLES - 1,
    description:
      'How many images are scored after each epoch without being trained on. Choices are made by their score, never by the test set. They are drawn from the training images by the seed; with `validation: "own"`, they are the first N of the data set’s own validation split. Default 0; with `validation: "own"`, all of the split.',
  }),
};

export const DatasetSpec = Type.Object(
  {
    name: DatasetName,
    ...datasetFields,
    validation: Type.Optional(
      Type.Literal('own', {
        description: 'The validation images are those of the data set’s own split. Absent: they are drawn.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type DatasetSpec = Static<typeof DatasetSpec>;

const runFields = {
  batchSize: count('Images per step. Default 256. The last batch of an epoch may be smaller.', 8_192),
  microBatchSize: count(
    'Images that are in memory at once: a step adds up the gradients of `batchSize / microBatchSize` parts. The update is that of the whole batch, but for BatchNorm, which sees each part by itself, and for dropout and augmentation, which are drawn for each. Must divide `batchSize`. Default: `batchSize`.',
    8_192,
  ),
  labelSmoothing: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the label spread over all classes (Szegedy et al. 2015, arXiv:1512.00567). Default 0.',
  }),
  gradientClipNorm: Type.Union([Type.Number({ minimum: LEAST_ABOVE_0, maximum: 1e6 }), Type.Null()], {
    description: 'Largest L2 norm of all gradients together; longer ones are scaled down. Default null: no limit.',
  }),
  emaDecay: Type.Union([Type.Number({ minimum: 0, exclusiveMaximum: 1 }), Type.Null()], {
    description:
      'Decay per step of a running average of the weights, which is what is then scored and saved; at step t at most (1 + t) / (10 + t). Default null: none.',
  }),
  epochs: Epochs,
  maxSeconds: MaxSeconds,
  seed: Type.Integer({
    minimum: 0,
    maximum: 2_147_483_647,
    description: 'Start of every random draw (weights, shuffle). The same seed gives the same weights. Default 0.',
  }),
  stepInterval: count(
    'A `step` frame is sent every so many steps, and at the last step of an epoch. Default 10.',
    100_000,
  ),
};

/** Labels of a job for its owner: they do not change what is trained. */
export const Metadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  propertyNames: {
    type: 'string',
    pattern: '^[A-Za-z0-9._-]{1,64}$',
    description: 'A key has 1 to 64 letters, digits, `.`, `_`, `-`.',
  },
  additionalProperties: { type: 'string', maxLength: 256 },
  maxProperties: 16,
  description:
    'Up to 16 labels to find the job by; they change nothing of what is trained. Keys of 1 to 64 letters, digits, `.`, `_`, `-`, values of up to 256 characters.',
});
export type Metadata = Static<typeof Metadata>;

type OfNetwork = {
  [Name in NetworkName]: { network: Name; networkOptions?: Partial<OptionsOf[Name]> };
}[NetworkName];

/** One schema for each network, told apart by `network`: each takes the options of its own network alone. */
function forEachNetwork<Fields extends TProperties>(fields: Fields, strict: { additionalProperties: false }) {
  const schemas = NETWORK_NAMES.map((name) => {
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}JobRequest`;
    const network = Type.Literal(name, { description: 'The architecture to train.' });
    return Type.Object(
      { network, networkOptions: Type.Optional(requestedOptions[name]), ...fields },
      { ...strict, title },
    );
  });
  return Type.Unsafe<OfNetwork & Static<TObject<Fields>>>(Type.Union(schemas));
}

/** What a request can say beside the network. */
export const requestFields = {
  name: Type.Optional(ModelName),
  dataset: Type.Optional(
    Type.Partial(
      Type.Object({
        name: DatasetName,
        ...datasetFields,
        validation: StringEnum(['own', 'drawn'], {
          description:
            '`own`: the validation images are those of the data set’s own split, and all training images are trained on. `drawn`: they are drawn from the training images. Default: `own` if the data set has such a split and `validationSamples` is not given; otherwise `drawn`.',
        }),
      }),
      { additionalProperties: false },
    ),
  ),
  batchSize: Type.Optional(runFields.batchSize),
  epochs: Type.Optional(runFields.epochs),
  earlyStopping: Type.Optional(EarlyStoppingRequest),
  maxSeconds: Type.Optional(runFields.maxSeconds),
  optimizer: Type.Optional(OptimizerRequest),
  schedule: Type.Optional(ScheduleRequest),
  augmentation: Type.Optional(Type.Partial(AugmentationSpec, { additionalProperties: false })),
  normalization: Type.Optional(NormalizationSpec),
  microBatchSize: Type.Optional(runFields.microBatchSize),
  labelSmoothing: Type.Optional(runFields.labelSmoothing),
  gradientClipNorm: Type.Optional(runFields.gradientClipNorm),
  emaDecay: Type.Optional(runFields.emaDecay),
  precision: Type.Optional(PrecisionRequest),
  seed: Type.Optional(runFields.seed),
  stepInterval: Type.Optional(runFields.stepInterval),
  priority: Type.Optional(Priority),
  metadata: Type.Optional(Metadata),
  changes: Type.Optional(
    Type.Array(PlannedChange, {
      maxItems: MOST_CHANGES,
      description:
        'Values that change on the way, each after so many steps of the run, in order. The `changes` of a model, with its spec, train it again to the bit.',
    }),
  ),
  webhooks: Type.Optional(WebhookRequests),
};

/** What `POST /jobs` takes for a new network: only `network` is required. */
export const JobRequest = forEachNetwork(requestFields, { additionalProperties: false });
export type JobRequest = Static<typeof JobRequest>;

/** The spec with every default filled in: what is trained, and what the model's manifest records. */
export const JobSpec = Type.Object(
  {
    network: NetworkName,
    networkOptions: NetworkOptions,
    name: ModelName,
    dataset: DatasetSpec,
    augmentation: AugmentationSpec,
    normalization: NormalizationSpec,
    optimizer: OptimizerSpec,
    schedule: ScheduleSpec,
    precision: Precision,
    precisionReason: PrecisionReason,
    earlyStopping: EarlyStopping,
    ...runFields,
    from: Type.Optional(StartSpec),
  },
  { additionalProperties: false },
);
export type JobSpec = Static<typeof JobSpec>;

export const JobStatus = StringEnum(['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled']);
export type JobStatus = Static<typeof JobStatus>;

/** Whether a job in this status is over: it never changes again, and no frame follows. */
const HAS_ENDED = {
  queued: false,
  running: false,
  paused: false,
  succeeded: true,
  failed: true,
  cancelled: true,
} as const satisfies Record<JobStatus, boolean>;

export const JOB_STATUSES = Object.keys(HAS_ENDED) as JobStatus[];
export const ENDED_STATUSES: readonly JobStatus[] = JOB_STATUSES.filter((status) => HAS_ENDED[status]);
export const OPEN_STATUSES: readonly JobStatus[] = JOB_STATUSES.filter((status) => !HAS_ENDED[status]);

/** When a job is expected to start and to end, by rates measured on the workers of now for its network, input, batch and precision. */
export const Estimate = Type.Object(
  {
    startAt: Type.Optional(Type.String({ format: 'date-time', description: 'Of a queued job.' })),
    endAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'If it trains all its epochs, or to its time limit.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Only in `GET /jobs/{id}`, and absent where no such job was measured on these workers.',
  },
);
export type Estimate = Static<typeof Estimate>;

export const Job = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    status: JobStatus,
    spec: JobSpec,
    priority: Priority,
    metadata: Metadata,
    webhooks: Type.Optional(Type.Array(Webhook, { description: 'Present where the job has some; without secrets.' })),
    position: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Place among the queued jobs while it is one of them; 1 is next.' }),
    ),
    createdAt: Type.String({ format: 'date-time' }),
    startedAt: Type.Optional(Type.String({ format: 'date-time', description: 'When the current attempt started.' })),
    endedAt: Type.Optional(Type.String({ format: 'date-time' })),
    cancelRequestedAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When cancelling was asked for; it ends soon.' }),
    ),
    cancelMode: Type.Optional(CancelMode),
    pauseRequestedAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When pausing was asked for; gone once the job is resumed.' }),
    ),
    attempt: Type.Integer({
      minimum: 0,
      description: 'How often training was started; 0 while the job has never run.',
    }),
    estimate: Type.Optional(Estimate),
    microBatchSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Images at once by now, where memory did not suffice for those of the spec.',
      }),
    ),
    progress: Type.Optional(Progress),
    changes: Type.Array(RecordedChange, { description: 'Changes by `PATCH`, in the order they came.' }),
    scores: Type.Optional(EpochScores),
    model: Type.Optional(ModelReference),
    reason: Type.Optional(EndReason),
    error: Type.Optional(Failure),
  },
  { additionalProperties: false },
);
export type Job = Static<typeof Job>;

/** Images that a job trains on: without those that are drawn for validation. */
export function trainedImages({ trainSamples, validation, validationSamples }: DatasetSpec): number {
  return validation === 'own' ? trainSamples : trainSamples - validationSamples;
}

/** Steps of the whole run; 0 if validation leaves nothing to train on. */
export function stepsOf({ epochs, batchSize, dataset }: Pick<JobSpec, 'epochs' | 'batchSize' | 'dataset'>): number {
  return epochs * Math.ceil(Math.max(0, trainedImages(dataset)) / batchSize);
}

/**
 * Images of the smallest part of a step: of the last batch where that leaves fewer over, otherwise of each. Every batch is cut into
 * parts of `microBatchSize`, which divides `batchSize`.
 */
export function smallestPartOf({ microBatchSize, dataset }: Pick<JobSpec, 'microBatchSize' | 'dataset'>): number {
  return trainedImages(dataset) % microBatchSize || microBatchSize;
}

/** What of a data set decides defaults; these are Fashion-MNIST's. */
type DatasetSizes = Pick<DatasetInfo, 'height' | 'trainSamples' | 'testSamples' | 'validationSamples' | 'imported'>;
const FASHION_MNIST: DatasetSizes = { height: 28, trainSamples: 60_000, testSamples: 10_000 };

/** All images of a data set, with its own validation split if there is one and the request says nothing about validation. */
function resolveDataset(
  { validation, ...asked }: NonNullable<JobRequest['dataset']> = {},
  { height, trainSamples, testSamples, validationSamples, imported }: DatasetSizes,
): DatasetSpec {
  const hasOwn = asked.validationSamples === undefined && validationSamples !== undefined;
  const isOwn = validation === 'own' || (validation === undefined && hasOwn);
  return {
    name: DEFAULT_DATASET,
    resize: imported === undefined ? 96 : height,
    trainSamples,
    testSamples,
    validationSamples: isOwn ? (validationSamples ?? 0) : 0,
    ...asked,
    ...(isOwn && { validation: 'own' }),
  };
}

/** The data set of a request that names none. */
export const DEFAULT_DATASET = 'fashion-mnist';

/**
 * Fills in every default of a request: the tutorial's own run where nothing is said. The live workers decide about `auto`; how many
 * images there are is the data set's to say.
 */
export function resolveJob(
  request: JobRequest,
  { precision, precisionReason }: PrecisionChoice = choosePrecision(request.precision, []),
  from?: StartSpec,
  sizes: DatasetSizes = FASHION_MNIST,
): JobSpec {
  const { network, batchSize = 256 } = request;
  return {
    network,
    networkOptions: resolveNetworkOptions(network, request.networkOptions),
    name: request.name ?? network,
    dataset: resolveDataset(request.dataset, sizes),
    augmentation: resolveAugmentation(request.augmentation),
    normalization: request.normalization ?? 'none',
    batchSize,
    microBatchSize: request.microBatchSize ?? batchSize,
    epochs: request.epochs ?? 5,
    earlyStopping: resolveEarlyStopping(request.earlyStopping),
    maxSeconds: request.maxSeconds ?? null,
    optimizer: resolveOptimizer(request.optimizer),
    schedule: resolveSchedule(request.schedule),
    labelSmoothing: request.labelSmoothing ?? 0,
    gradientClipNorm: request.gradientClipNorm ?? null,
    emaDecay: request.emaDecay ?? null,
    precision,
    precisionReason,
    seed: request.seed ?? 0,
    stepInterval: request.stepInterval ?? 10,
    ...(from && { from }),
  };
}
