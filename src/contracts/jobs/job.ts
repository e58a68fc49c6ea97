/** Schemas of a job: the request, the spec with every default filled in, and the record that the API returns. */
import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { DEFAULT_PROJECT } from '../access/project.js';
import { type DatasetInfo, DatasetName, LARGEST_RESIZE, MAX_SAMPLES, SMALLEST_RESIZE } from '../datasets/dataset.js';
import { optionalProperties, type RequestKind } from '../json-schema/defaults.js';
import { StringEnum } from '../json-schema/enums.js';
import { fromShortForm } from '../json-schema/short-form.js';
import {
  NETWORK_NAMES,
  NetworkName,
  NetworkOptions,
  type OptionsOf,
  requestedOptions,
  resolveNetworkOptions,
} from '../networks/network-options.js';
import { MODEL_NAME_LENGTH, ModelName, ModelReference, NAME_FORM } from '../references/model-reference.js';
import { choosePrecision, type PrecisionChoice, PrecisionReason } from '../service/live-worker.js';
import { AugmentationSpec, augmentationOf, presetSmoothing, resolveAugmentation } from '../training/augmentation.js';
import {
  ClassWeights,
  ClassWeightsRequest,
  EarlyStopping,
  EarlyStoppingOverride,
  EarlyStoppingRequest,
  Epochs,
  MaxSeconds,
  MIN_POSITIVE,
  NormalizationSpec,
  OptimizerName,
  OptimizerOverride,
  OptimizerRequest,
  OptimizerSpec,
  Precision,
  PrecisionRequest,
  resolveEarlyStopping,
  resolveOptimizer,
  resolveSchedule,
  Sampler,
  ScheduleName,
  ScheduleOverride,
  ScheduleRequest,
  ScheduleSpec,
} from '../training/training-options.js';
import { Metadata, Notes } from './job-texts.js';
import { DEFAULT_PRIORITY, MAX_CHANGES, PlannedChange, Priority, RecordedChange } from './live-change.js';
import { EpochScores, Failure, Progress } from './outcome.js';
import {
  epochsOf,
  FineTuning,
  fineTuningFieldsOf,
  PhaseRequests,
  PhaseSpecs,
  resolveFineTuning,
  resolvePhases,
} from './phases.js';
import { StartSpec } from './starting-point.js';
import { CancelMode, EndReason } from './stop-reason.js';
import { basisFields } from './time-estimate.js';
import { Webhook, WebhookRequests } from './webhook.js';

const closed = { additionalProperties: false };

const resizeLimits = { title: 'Input side', minimum: SMALLEST_RESIZE, maximum: LARGEST_RESIZE, 'x-unit': 'pixels' };
const RESIZE = 'Side of the network input. Images are resized to it bilinearly, with half-pixel centres.';
/** Side of the network input, in pixels. */
export const Resize = Type.Integer({ ...resizeLimits, description: RESIZE });

const datasetFields = {
  resize: Type.Integer({
    ...resizeLimits,
    description: `${RESIZE} Default: 96 for built-in data sets, the side of the stored images for imported ones.`,
    examples: [28, 96],
  }),
  trainSamples: Type.Integer({
    title: 'Training images',
    minimum: 1,
    maximum: MAX_SAMPLES,
    description: 'Number of training images: the first N of the training set. Default: all.',
    'x-unit': 'images',
    examples: [10_000],
  }),
  testSamples: Type.Integer({
    title: 'Test images',
    minimum: 1,
    maximum: MAX_SAMPLES,
    description: 'Number of test images: the first N of the test set. Default: all.',
    'x-unit': 'images',
    examples: [2_000],
  }),
  validationSamples: Type.Integer({
    title: 'Validation images',
    minimum: 0,
    maximum: MAX_SAMPLES - 1,
    description:
      'Number of validation images. They are scored after each epoch and never trained on. Early stopping and the best epoch use their score, never that of the test images. The seed draws them from the training images; with `validation: "own"` they are the first N of the data set’s validation split. Default: 0; with `validation: "own"` the whole split.',
    'x-unit': 'images',
    examples: [5_000],
  }),
};
const DEFAULT_RESIZE = 96;
/** The data set of a request without one. */
export const DEFAULT_DATASET = 'fashion-mnist';

export const DatasetSpec = Type.Object(
  {
    name: DatasetName,
    ...datasetFields,
    validation: Type.Optional(
      Type.Literal('own', {
        description:
          'Present if the validation images are the data set’s own split. Absent if they are drawn from the training images.',
      }),
    ),
    stratified: Type.Optional(
      Type.Literal(true, {
        description:
          'Present if each class gives its share of the drawn validation images. Absent in jobs of earlier versions, which drew from all training images alike.',
      }),
    ),
  },
  closed,
);
export type DatasetSpec = Static<typeof DatasetSpec>;

const runFields = {
  batchSize: Type.Integer({
    title: 'Batch size',
    minimum: 1,
    maximum: 8_192,
    description: 'Images per step. The last batch of an epoch may be smaller.',
    'x-unit': 'images',
    examples: [128],
  }),
  microBatchSize: Type.Integer({
    title: 'Micro batch size',
    minimum: 1,
    maximum: 8_192,
    description:
      'Images in memory at once. Must divide `batchSize`. A step accumulates the gradients of `batchSize / microBatchSize` micro batches. The update equals that of the whole batch, except that BatchNorm, dropout and augmentation act on each micro batch separately. Default: `batchSize`.',
    'x-unit': 'images',
    examples: [32],
  }),
  labelSmoothing: Type.Number({
    title: 'Label smoothing',
    minimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of each label that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).',
    'x-unit': 'share',
    examples: [0.1],
  }),
  gradientClipNorm: Type.Union([Type.Number({ minimum: MIN_POSITIVE, maximum: 1e6 }), Type.Null()], {
    title: 'Gradient clipping',
    description: 'Largest L2 norm of all gradients together. Larger gradients are scaled down. null: no limit.',
    examples: [1],
  }),
  emaDecay: Type.Union([Type.Number({ minimum: 0, exclusiveMaximum: 1 }), Type.Null()], {
    title: 'EMA decay',
    description:
      'Decay per step of an exponential moving average of the weights, at step t at most (1 + t) / (10 + t). The averages are scored and saved instead of the weights. null: no average.',
    'x-unit': 'share per step',
    examples: [0.999],
  }),
  epochs: Epochs,
  maxSeconds: MaxSeconds,
  seed: Type.Integer({
    title: 'Seed',
    minimum: 0,
    maximum: 2_147_483_647,
    description:
      'Seed of all random numbers, such as initial weights and the order of images. The same seed gives the same weights.',
    examples: [42],
  }),
  stepInterval: Type.Integer({
    title: 'Step interval',
    minimum: 1,
    maximum: 100_000,
    description: 'Steps between two `step` frames. The last step of an epoch always has one.',
    'x-unit': 'steps',
    examples: [50],
  }),
};
const RUN_DEFAULTS = {
  batchSize: 256,
  labelSmoothing: 0,
  gradientClipNorm: null,
  emaDecay: null,
  epochs: 5,
  maxSeconds: null,
  seed: 0,
  stepInterval: 10,
};

type OfNetwork = {
  [Name in NetworkName]: { network: Name; networkOptions?: Partial<OptionsOf[Name]> };
}[NetworkName];

/** Returns a union of one schema per network. The constant `network` decides which options a request may have. */
function forEachNetwork<Fields extends TProperties>(fields: Fields) {
  const schemas = NETWORK_NAMES.map((name) => {
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}JobRequest`;
    const network = Type.Literal(name, {
      title: 'Network',
      description: 'Architecture to train.',
    });
    return Type.Object(
      { network, networkOptions: Type.Optional(requestedOptions[name]), ...fields },
      { ...closed, title },
    );
  });
  return Type.Unsafe<OfNetwork & Static<TObject<Fields>>>(Type.Union(schemas));
}

const datasetObject = (kind: RequestKind) =>
  Type.Object(
    optionalProperties(
      kind,
      {
        name: DatasetName,
        ...datasetFields,
        validation: StringEnum(['own', 'drawn'], {
          title: 'Validation split',
          description:
            '`own`: use the data set’s own validation split, and train on all training images. `drawn`: draw the validation images from the training images. Default: `own` if the data set has such a split and `validationSamples` is absent, otherwise `drawn`.',
          examples: ['drawn'],
        }),
        stratified: Type.Boolean({
          title: 'Stratified validation',
          description:
            'true: each class gives its share of the drawn validation images. false: all training images are drawn alike, as in earlier versions. Default: true. No effect on a validation split of the data set’s own.',
        }),
      },
      { name: DEFAULT_DATASET },
    ),
    closed,
  );
export type DatasetRequest = Static<ReturnType<typeof datasetObject>>;

const datasetOf = (kind: RequestKind) =>
  Type.Union(
    [datasetObject(kind), { ...DatasetName, description: 'Short form: `"boots"` means `{"name": "boots"}`.' }],
    {
      title: 'Data set',
      description: 'Images to train and test on: an object, or the name alone.',
      examples: [{ name: 'fashion-mnist', resize: 28, validationSamples: 5_000 }, 'boots'],
    },
  );

const DEFAULT_NORMALIZATION = 'none';
const DEFAULT_PRECISION = 'float32';

/** Returns all properties of a request except those about the network and the starting point. */
const requestFieldsOf = <const Kind extends RequestKind>(kind: Kind) => {
  const isRequest = kind === 'Request';
  return {
    name: Type.Optional({
      ...ModelName,
      title: 'Model name',
      description: `Name of the model that the job saves. ${NAME_FORM} ${
        isRequest
          ? 'Default: the data set and the network, as `fashion-mnist-resnet`.'
          : 'Default: the model name of the starting point; with another data set, or from an imported model, the data set and the network, as `boots-resnet`.'
      }`,
      examples: ['boots'],
    }),
    dataset: Type.Optional(datasetOf(kind)),
    earlyStopping: Type.Optional(
      isRequest ? { ...EarlyStoppingRequest, default: null } : (EarlyStoppingOverride as typeof EarlyStoppingRequest),
    ),
    optimizer: Type.Optional(
      Type.Union([isRequest ? OptimizerRequest : (OptimizerOverride as typeof OptimizerRequest), OptimizerName], {
        title: 'Optimizer',
        description: `Optimizer: an object with its options, or its name alone. Default: ${isRequest ? 'Adam' : 'that of the starting point'}.`,
        examples: [{ name: 'sgd', learningRate: 0.1, momentum: 0.9 }, 'sgd'],
      }),
    ),
    schedule: Type.Optional(
      Type.Union([isRequest ? ScheduleRequest : (ScheduleOverride as typeof ScheduleRequest), ScheduleName], {
        title: 'Schedule',
        description: `Learning rate schedule: an object with its options, or its name alone. Default: ${isRequest ? 'a constant learning rate' : 'that of the starting point'}.`,
        examples: [{ name: 'cosine', warmupEpochs: 1 }, 'cosine'],
      }),
    ),
    augmentation: Type.Optional(augmentationOf(kind)),
    ...optionalProperties(kind, runFields, RUN_DEFAULTS),
    ...fineTuningFieldsOf(kind),
    phases: Type.Optional(PhaseRequests),
    ...optionalProperties(
      kind,
      {
        normalization: NormalizationSpec,
        precision: PrecisionRequest,
        classWeights: ClassWeightsRequest,
        sampler: Sampler,
      },
      { normalization: DEFAULT_NORMALIZATION, precision: DEFAULT_PRECISION, classWeights: null, sampler: 'shuffled' },
    ),
    priority: Type.Optional({ ...Priority, default: DEFAULT_PRIORITY }),
    metadata: Type.Optional(Metadata),
    notes: Type.Optional(Notes),
    changes: Type.Optional(
      Type.Array(PlannedChange, {
        title: 'Planned changes',
        maxItems: MAX_CHANGES,
        description:
          'Live changes that the job applies at given steps, in ascending order. The `changes` and the spec of a model train the same weights again, bit by bit. Default: none.',
        examples: [[{ step: 1_000, to: { learningRate: 0.01 } }]],
      }),
    ),
    webhooks: Type.Optional(WebhookRequests),
  };
};

/** Properties of a request for a new network, with their defaults. */
export const requestFields = requestFieldsOf('Request');
/** Properties of a request with a starting point. An absent training option has the value of the starting point. */
export const overrideFields = requestFieldsOf('Override');

/** Body of `POST /jobs` for a new network. Only `network` is required. */
export const JobRequest = forEachNetwork(requestFields);
export type JobRequest = Static<typeof JobRequest>;

/** Spec of a job: every training option with its default filled in. The model's manifest stores it. */
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
    ...FineTuning.properties,
    classWeights: Type.Optional(ClassWeights),
    sampler: Type.Optional(
      Type.Literal('balanced', { description: 'Present if each class is equally likely in every draw of an image.' }),
    ),
    phases: Type.Optional(PhaseSpecs),
    from: Type.Optional(StartSpec),
  },
  closed,
);
export type JobSpec = Static<typeof JobSpec>;

export const JobStatus = StringEnum(['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled']);
export type JobStatus = Static<typeof JobStatus>;

/** Whether a job in this status has ended: of its record only metadata and notes still change, and no frame follows. */
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

/** Expected start and end of a job that is queued or running. */
export const Estimate = Type.Object(
  {
    startAt: Type.Optional(Type.String({ format: 'date-time', description: 'Expected start. Only for queued jobs.' })),
    endAt: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Expected end, if the job trains all epochs or up to its time limit.',
      }),
    ),
    earliestEndAt: Type.Optional(Type.String({ format: 'date-time', description: 'Earliest expected end.' })),
    latestEndAt: Type.Optional(Type.String({ format: 'date-time', description: 'Latest expected end.' })),
    basis: Type.Optional(basisFields.basis),
    explanation: Type.Optional(basisFields.explanation),
  },
  {
    ...closed,
    description:
      'Expected start and end. Only in `GET /jobs/{id}`. Absent if no similar job was measured on the live workers and none of them has measured its own rate.',
  },
);
export type Estimate = Static<typeof Estimate>;

/** Settings as submitted. Their schema is that of the submission, which imports this file: OpenAPI refers to it by name. */
export const SubmittedRequest = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
  'x-component': 'JobSubmission',
  description:
    'The settings as they were submitted, without `priority`, `metadata`, `notes` and `webhooks`. Submits the same job again. `spec` has the defaults of the fields that it leaves out. A reference in `from` is as it was sent. For jobs of version 0.1 it names every option.',
});
export type SubmittedRequest = Static<typeof SubmittedRequest>;

export const Job = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    project: Type.String({ description: 'Project of the job.', examples: [DEFAULT_PROJECT] }),
    status: JobStatus,
    spec: JobSpec,
    request: SubmittedRequest,
    priority: Priority,
    metadata: Metadata,
    notes: Type.Optional({ ...Notes, description: 'Free text about the job. Absent if there is none.' }),
    webhooks: Type.Optional(
      Type.Array(Webhook, { description: 'Webhooks of the job, without their secrets. Absent if there are none.' }),
    ),
    position: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Position in the queue, from 1. Only for queued jobs.' }),
    ),
    createdAt: Type.String({ format: 'date-time' }),
    startedAt: Type.Optional(Type.String({ format: 'date-time', description: 'Start of the current attempt.' })),
    endedAt: Type.Optional(Type.String({ format: 'date-time' })),
    cancelRequestedAt: Type.Optional(Type.String({ format: 'date-time', description: 'Time of the cancel request.' })),
    cancelMode: Type.Optional(CancelMode),
    pauseRequestedAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Time of the pause request. Absent once the job is resumed.' }),
    ),
    attempt: Type.Integer({
      minimum: 0,
      description: 'Number of attempts so far. 0 before the first start.',
    }),
    estimate: Type.Optional(Estimate),
    microBatchSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Images in memory at once, after the job ran out of memory with the micro batch of its spec.',
      }),
    ),
    progress: Type.Optional(Progress),
    changes: Type.Array(RecordedChange, { description: 'Live changes, in the order of their requests.' }),
    scores: Type.Optional({ ...EpochScores, description: 'Scores of the last epoch.' }),
    bestScores: Type.Optional({
      ...EpochScores,
      description:
        'Scores of the best whole epoch by the metric of early stopping, or without early stopping by the validation accuracy. Absent without validation images: the test set must choose nothing.',
    }),
    model: Type.Optional(ModelReference),
    reason: Type.Optional(EndReason),
    error: Type.Optional(Failure),
  },
  closed,
);
export type Job = Static<typeof Job>;

/** Returns the option with which a request draws the same validation images as a spec. Empty if the spec draws none. */
export const sameDraw = ({
  validation,
  validationSamples,
  stratified,
}: DatasetSpec): Readonly<{ stratified?: boolean }> =>
  validation === 'own' || validationSamples === 0 ? {} : { stratified: stratified ?? false };

/** Returns the number of images that a job trains on. Drawn validation images do not count. */
export function trainedImages({
  trainSamples,
  validation,
  validationSamples,
}: Pick<DatasetSpec, 'trainSamples' | 'validation' | 'validationSamples'>): number {
  return validation === 'own' ? trainSamples : trainSamples - validationSamples;
}

/** Returns the number of steps of the run; 0 if validation leaves no training images. */
export function stepsOf({ epochs, batchSize, dataset }: Pick<JobSpec, 'epochs' | 'batchSize' | 'dataset'>): number {
  return epochs * Math.ceil(Math.max(0, trainedImages(dataset)) / batchSize);
}

/** Returns the number of images in the smallest micro batch: the last one of an epoch may be smaller. */
export function smallestMicroBatch({ microBatchSize, dataset }: Pick<JobSpec, 'microBatchSize' | 'dataset'>): number {
  return trainedImages(dataset) % microBatchSize || microBatchSize;
}

/** Properties of a data set that decide defaults. */
type DatasetSizes = Pick<DatasetInfo, 'height' | 'trainSamples' | 'testSamples' | 'validationSamples' | 'imported'>;
const FASHION_MNIST: DatasetSizes = { height: 28, trainSamples: 60_000, testSamples: 10_000 };

/** Fills in the defaults of the data set: all images, and its own validation split unless the request says otherwise. */
function resolveDataset(
  { validation, stratified = true, ...requested }: DatasetRequest,
  { height, trainSamples, testSamples, validationSamples, imported }: DatasetSizes,
): DatasetSpec {
  const hasOwn = requested.validationSamples === undefined && validationSamples !== undefined;
  const isOwn = validation === 'own' || (validation === undefined && hasOwn);
  const samples = requested.validationSamples ?? 0;
  return {
    name: DEFAULT_DATASET,
    resize: imported === undefined ? DEFAULT_RESIZE : height,
    trainSamples,
    testSamples,
    validationSamples: isOwn ? (validationSamples ?? 0) : 0,
    ...requested,
    ...(isOwn && { validation: 'own' }),
    ...(!isOwn && samples > 0 && stratified && { stratified }),
  };
}

/** Returns `<data set>-<network>`, with the data set's name cut so that the result has at most 64 characters. */
const defaultModelName = (dataset: string, network: string): string =>
  `${dataset.slice(0, MODEL_NAME_LENGTH - network.length - 1)}-${network}`;

/**
 * Fills in every default of a request. `choice` is the precision that the live workers decide; `sizes` are those of the data set,
 * Fashion-MNIST by default.
 */
export function resolveJob(
  request: JobRequest,
  choice: PrecisionChoice = choosePrecision(request.precision, []),
  from?: StartSpec,
  sizes: DatasetSizes = FASHION_MNIST,
): JobSpec {
  const { network, batchSize = RUN_DEFAULTS.batchSize } = request;
  const dataset = resolveDataset(fromShortForm<string | DatasetRequest>(request.dataset ?? {}), sizes);
  const optimizer = resolveOptimizer(request.optimizer);
  const schedule = resolveSchedule(request.schedule);
  const fineTuning = resolveFineTuning(request);
  const phases = request.phases && resolvePhases(request.phases, fineTuning, { optimizer, schedule, dataset });
  return {
    network,
    networkOptions: resolveNetworkOptions(network, request.networkOptions),
    name: request.name ?? defaultModelName(dataset.name, network),
    dataset,
    augmentation: resolveAugmentation(request.augmentation),
    normalization: request.normalization ?? DEFAULT_NORMALIZATION,
    batchSize,
    microBatchSize: request.microBatchSize ?? batchSize,
    epochs: phases ? epochsOf(phases) : (request.epochs ?? RUN_DEFAULTS.epochs),
    earlyStopping: resolveEarlyStopping(request.earlyStopping),
    maxSeconds: request.maxSeconds ?? RUN_DEFAULTS.maxSeconds,
    optimizer,
    schedule,
    labelSmoothing: request.labelSmoothing ?? presetSmoothing(request.augmentation) ?? RUN_DEFAULTS.labelSmoothing,
    gradientClipNorm: request.gradientClipNorm ?? RUN_DEFAULTS.gradientClipNorm,
    emaDecay: request.emaDecay ?? RUN_DEFAULTS.emaDecay,
    precision: choice.precision,
    precisionReason: choice.precisionReason,
    seed: request.seed ?? RUN_DEFAULTS.seed,
    stepInterval: request.stepInterval ?? RUN_DEFAULTS.stepInterval,
    ...(request.classWeights && { classWeights: request.classWeights }),
    ...(request.sampler === 'balanced' && { sampler: request.sampler }),
    ...(phases ? { phases } : fineTuning),
    ...(from && { from }),
  };
}
