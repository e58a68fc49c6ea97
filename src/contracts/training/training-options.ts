/** The options of training, each with its unit, range and default: optimizer, schedule, augmentation, normalisation, precision. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

const closed = { additionalProperties: false };
/** The title is the schema's name in openapi.yaml. */
const titled = (title: string) => ({ ...closed, title });

/** A whole number that a learning problem can have at most 2^31 of. */
export const count = (description: string, maximum: number, extra: object = {}) =>
  Type.Integer({ minimum: 1, maximum, description, ...extra });

export const Epochs = count('Passes over the training set. Default 5.', 10_000);

export const LearningRate = Type.Number({
  exclusiveMinimum: 0,
  maximum: 10,
  description: 'Step size, greater than 0. Default 0.001 for Adam and AdamW, 0.1 for SGD.',
});
/** Less than this is 0 to a graph, or nearly: float32's smallest numbers are about 1e-38. */
export const LEAST_ABOVE_0 = 1e-30;
/** The next larger one with one digit more is 1 in float32, and would never forget. */
const decayRate = (description: string) => Type.Number({ minimum: 0, maximum: 0.9999999, description });

const decayFields = {
  weightDecay: Type.Number({
    minimum: 0,
    maximum: 1,
    description:
      'Share of each weight taken off. `adamw`: times the learning rate, apart from the gradient (Loshchilov & Hutter 2017); `adam`, `sgd`: added to the gradient. Default 0.01 for AdamW, 0 for the others.',
  }),
  decayNormAndBias: Type.Boolean({
    description: 'Whether the decay also takes from BatchNorm parameters and biases. Default false.',
  }),
};

const adamFields = {
  learningRate: LearningRate,
  beta1: decayRate('Share of the first moment that is kept at each step, 0 to 0.9999999. Default 0.9.'),
  beta2: decayRate('Share of the second moment that is kept at each step, 0 to 0.9999999. Default 0.999.'),
  epsilon: Type.Number({
    minimum: LEAST_ABOVE_0,
    maximum: 1,
    description: 'Added to the bias-corrected root of the second moment. Default 1e-8.',
  }),
  ...decayFields,
};
const sgdFields = {
  learningRate: LearningRate,
  momentum: decayRate(
    'Share of the step before that each step adds, 0 to 0.9999999. Default 0: plain gradient descent.',
  ),
  nesterov: Type.Boolean({ description: 'Nesterov momentum; needs a momentum above 0. Default false.' }),
  ...decayFields,
};

export const AdamSpec = Type.Object({ name: Type.Literal('adam'), ...adamFields }, titled('AdamSpec'));
export const SgdSpec = Type.Object({ name: Type.Literal('sgd'), ...sgdFields }, titled('SgdSpec'));
export const AdamWSpec = Type.Object({ name: Type.Literal('adamw'), ...adamFields }, titled('AdamWSpec'));
export const OptimizerSpec = Type.Union([AdamSpec, AdamWSpec, SgdSpec]);
export type OptimizerSpec = Static<typeof OptimizerSpec>;

const warmupEpochs = Type.Number({
  minimum: 0,
  maximum: 10_000,
  description: 'The learning rate rises linearly from 0 over this many epochs (fractions allowed). Default 0.',
});
const factor = (description: string) => Type.Number({ exclusiveMinimum: 0, maximum: 1, description });
const FACTOR = 'What the learning rate is multiplied by, above 0, at most 1. Default 0.1.';
const constantFields = { warmupEpochs };
const stepFields = {
  every: count('The learning rate is multiplied by `factor` after every so many epochs. Default 1.', 10_000),
  factor: factor(FACTOR),
  warmupEpochs,
};
const multiStepFields = {
  epochs: Type.Array(Type.Integer({ minimum: 1, maximum: 10_000 }), {
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: 'After each of these epochs, in rising order, the learning rate is multiplied by `factor`.',
  }),
  factor: factor(FACTOR),
  warmupEpochs,
};
const cosineFields = {
  finalFactor: Type.Number({
    minimum: 0,
    maximum: 1,
    description:
      'Share of the learning rate that is left at the end of half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983). Default 0.',
  }),
  warmupEpochs,
};
const oneCycleFields = {
  peakAt: Type.Number({
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description:
      'Share of the run after which the learning rate is at its peak (Smith 2018; torch.optim.lr_scheduler.OneCycleLR with cosine annealing, momentum left alone). Default 0.3.',
  }),
  startFactor: factor('Learning rate at the start, as a share of the peak. Default 0.04.'),
  finalFactor: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'Learning rate at the end, as a share of the peak. Default 0.000004.',
  }),
};
/** How the learning rate moves: a factor of the optimizer's `learningRate`, a pure function of the step. */
export const ScheduleSpec = Type.Union([
  Type.Object({ name: Type.Literal('constant'), ...constantFields }, titled('ConstantSchedule')),
  Type.Object({ name: Type.Literal('step'), ...stepFields }, titled('StepSchedule')),
  Type.Object({ name: Type.Literal('multi-step'), ...multiStepFields }, titled('MultiStepSchedule')),
  Type.Object({ name: Type.Literal('cosine'), ...cosineFields }, titled('CosineSchedule')),
  Type.Object({ name: Type.Literal('one-cycle'), ...oneCycleFields }, titled('OneCycleSchedule')),
]);
export type ScheduleSpec = Static<typeof ScheduleSpec>;

/** The scores by which choices are made: those of the images set aside. */
const VALIDATION_MODES = { validationLoss: 'min', validationAccuracy: 'max' } as const;

/** In epochs. */
export const Patience = count('Training ends after so many epochs without an improvement. Default 5.', 10_000);
const earlyStoppingFields = {
  metric: StringEnum(['validationLoss', 'validationAccuracy'], {
    description: 'The score that is watched, of the images set aside. Default `validationLoss`.',
  }),
  mode: StringEnum(['min', 'max'], {
    description: 'Whether less or more of it is better: `min` for a loss, `max` for an accuracy, which is the default.',
  }),
  patience: Patience,
  minDelta: Type.Number({
    minimum: 0,
    maximum: 1_000,
    description: 'A change by more than this is an improvement. Default 0.',
  }),
};

const earlyStopping = {
  description:
    'When to end before the last epoch, by the images set aside (`dataset.validationSamples`), never by the test set; the model is then that of the best epoch. Default null: never.',
};

/** When a run ends before its last epoch, as Keras’s EarlyStopping with `restore_best_weights` has it, but for `minDelta`, which does not choose the weights. */
export const EarlyStoppingSpec = Type.Object(earlyStoppingFields, closed);
export type EarlyStoppingSpec = Readonly<Static<typeof EarlyStoppingSpec>>;
export const EarlyStopping = Type.Union([EarlyStoppingSpec, Type.Null()], earlyStopping);
export const EarlyStoppingRequest = Type.Union([Type.Partial(EarlyStoppingSpec, closed), Type.Null()], earlyStopping);
export type EarlyStoppingRequest = Static<typeof EarlyStoppingRequest>;

/** Which way a score is better. */
export const modeOf = (metric: EarlyStoppingSpec['metric']): EarlyStoppingSpec['mode'] => VALIDATION_MODES[metric];

export const MaxSeconds = Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 31_536_000 }), Type.Null()], {
  description:
    'Most seconds of training, on the clock, all attempts together; time in the queue, paused, or starting is not counted. The job then succeeds with what it has. Default null: no limit.',
});

const augmentationFields = {
  crop: Type.Integer({
    minimum: 0,
    maximum: 128,
    description:
      'Each image is padded by so many black pixels of its own size on every side and cut back at a random place. Default 0.',
  }),
  flip: Type.Boolean({ description: 'Half of the images are mirrored left to right. Default false.' }),
  erasing: Type.Number({
    minimum: 0,
    maximum: 1,
    description:
      'Share of images of which a random rectangle of 2 to 33 % is set to 0 (Zhong et al. 2017, arXiv:1708.04896). Default 0.',
  }),
  cutout: Type.Integer({
    minimum: 0,
    maximum: 512,
    description:
      'Side in pixels of the data set of a square at a random centre that is set to 0 (DeVries & Taylor 2017, arXiv:1708.04552). Default 0.',
  }),
  mixup: Type.Number({
    minimum: 0,
    maximum: 10,
    description:
      'Pairs of images are mixed by a share drawn from Beta(mixup, mixup) for each step (Zhang et al. 2017, arXiv:1710.09412). Default 0.',
  }),
};

/** Random changes of the training images, drawn inside the step from the seed and its number. */
export const AugmentationSpec = Type.Object(augmentationFields, closed);
export type AugmentationSpec = Static<typeof AugmentationSpec>;

const perChannel = (description: string, extra: object = {}) =>
  Type.Array(Type.Number({ maximum: 255, ...extra }), { minItems: 1, maxItems: 3, description });

/** What the network sees: pixels from 0 to 1, or those minus a mean and over a standard deviation, per channel. */
export const NormalizationSpec = Type.Union(
  [
    StringEnum(['none', 'dataset']),
    Type.Object(
      {
        mean: perChannel('Taken off, per channel, of pixels from 0 to 1.', { minimum: -255 }),
        std: perChannel('Divided by, per channel.', { minimum: LEAST_ABOVE_0 }),
      },
      closed,
    ),
  ],
  {
    description:
      '`none`: pixels from 0 to 1; `dataset`: by mean and standard deviation of the training set; or numbers. Default `none`.',
  },
);
export type NormalizationSpec = Static<typeof NormalizationSpec>;

export const Precision = StringEnum(['float32', 'bfloat16'], {
  description: 'Numbers of the forward and backward pass. Weights and BatchNorm statistics are float32 in both.',
});
export type Precision = Static<typeof Precision>;

/** An optimizer as it is asked for: Adam where no name is given. */
export const OptimizerRequest = Type.Union([
  Type.Object(
    { name: Type.Optional(Type.Literal('adam')), ...Type.Partial(Type.Object(adamFields)).properties },
    titled('AdamRequest'),
  ),
  Type.Object(
    { name: Type.Literal('adamw'), ...Type.Partial(Type.Object(adamFields)).properties },
    titled('AdamWRequest'),
  ),
  Type.Object({ name: Type.Literal('sgd'), ...Type.Partial(Type.Object(sgdFields)).properties }, titled('SgdRequest')),
]);
export type OptimizerRequest = Static<typeof OptimizerRequest>;

/** A schedule as it is asked for: its name, and what differs from the defaults. */
export const ScheduleRequest = Type.Union([
  Type.Object(
    { name: Type.Literal('constant'), ...Type.Partial(Type.Object(constantFields)).properties },
    titled('ConstantScheduleRequest'),
  ),
  Type.Object(
    { name: Type.Literal('step'), ...Type.Partial(Type.Object(stepFields)).properties },
    titled('StepScheduleRequest'),
  ),
  Type.Object(
    {
      name: Type.Literal('multi-step'),
      ...Type.Partial(Type.Object(multiStepFields)).properties,
      epochs: multiStepFields.epochs,
    },
    titled('MultiStepScheduleRequest'),
  ),
  Type.Object(
    { name: Type.Literal('cosine'), ...Type.Partial(Type.Object(cosineFields)).properties },
    titled('CosineScheduleRequest'),
  ),
  Type.Object(
    { name: Type.Literal('one-cycle'), ...Type.Partial(Type.Object(oneCycleFields)).properties },
    titled('OneCycleScheduleRequest'),
  ),
]);
export type ScheduleRequest = Static<typeof ScheduleRequest>;

export const PrecisionRequest = StringEnum(['float32', 'bfloat16', 'auto'], {
  description:
    '`auto`: bfloat16 where the CPU has AMX, or is AMD’s with AVX-512 BF16, or the device is a GPU that computes in it, otherwise float32. Default `float32`.',
});

export function resolveOptimizer(optimizer: OptimizerRequest = {}): OptimizerSpec {
  const decay = { weightDecay: 0, decayNormAndBias: false };
  const adam = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...decay };
  switch (optimizer.name) {
    case 'sgd':
      return { learningRate: 0.1, momentum: 0, nesterov: false, ...decay, ...optimizer };
    case 'adamw':
      return { ...adam, weightDecay: 0.01, ...optimizer };
    default:
      return { ...adam, ...optimizer, name: 'adam' };
  }
}

export function resolveSchedule(schedule: ScheduleRequest = { name: 'constant' }): ScheduleSpec {
  switch (schedule.name) {
    case 'constant':
      return { warmupEpochs: 0, ...schedule };
    case 'step':
      return { every: 1, factor: 0.1, warmupEpochs: 0, ...schedule };
    case 'multi-step':
      return { factor: 0.1, warmupEpochs: 0, ...schedule };
    case 'cosine':
      return { finalFactor: 0, warmupEpochs: 0, ...schedule };
    case 'one-cycle':
      return { peakAt: 0.3, startFactor: 1 / 25, finalFactor: 1 / 25e4, ...schedule };
  }
}

export function resolveEarlyStopping(request: EarlyStoppingRequest | undefined): EarlyStoppingSpec | null {
  if (!request) return null;
  const metric = request.metric ?? 'validationLoss';
  return { mode: modeOf(metric), patience: 5, minDelta: 0, ...request, metric };
}

export const resolveAugmentation = (augmentation: Partial<AugmentationSpec> = {}): AugmentationSpec => ({
  crop: 0,
  flip: false,
  erasing: 0,
  cutout: 0,
  mixup: 0,
  ...augmentation,
});
