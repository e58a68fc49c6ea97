/** Schemas and defaults of the training options: optimizer, schedule, early stopping, normalization, precision. */
import { type Static, Type } from 'typebox';
import { optionalProperties, type RequestKind } from '../json-schema/defaults.js';
import { StringEnum } from '../json-schema/enums.js';
import { fromShortForm } from '../json-schema/short-form.js';

const closed = { additionalProperties: false };
/** Closed objects with a title, which is their name in openapi.yaml. */
const titled = (title: string) => ({ ...closed, title });

export const Epochs = Type.Integer({
  title: 'Epochs',
  minimum: 1,
  maximum: 10_000,
  description: 'Passes over the training images.',
  'x-unit': 'epochs',
  examples: [5, 30],
});

export const LearningRate = Type.Number({
  title: 'Learning rate',
  exclusiveMinimum: 0,
  maximum: 10,
  description: 'Step size of the optimizer. With a schedule, its highest value.',
  examples: [0.001, 0.1],
});

/** Smallest positive number of an option. Smaller numbers become 0 in float32, whose smallest is about 1e-38. */
export const MIN_POSITIVE = 1e-30;

/** Largest decay rate. One more digit makes it 1 in float32, so that the average would never forget. */
const MAX_DECAY_RATE = 0.9999999;
const decayRate = (title: string, description: string, example: number) =>
  Type.Number({
    title,
    minimum: 0,
    maximum: MAX_DECAY_RATE,
    description,
    'x-unit': 'share per step',
    examples: [example],
  });

const decayFields = {
  weightDecay: Type.Number({
    title: 'Weight decay',
    minimum: 0,
    maximum: 1,
    description:
      'Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.',
    examples: [0.01, 0.0005],
  }),
  decayNormAndBias: Type.Boolean({
    title: 'Decay of BatchNorm and biases',
    description: 'Whether BatchNorm parameters and biases decay too.',
    examples: [true],
  }),
};
const DECAY_DEFAULTS = { weightDecay: 0, decayNormAndBias: false };

const adamFields = {
  learningRate: LearningRate,
  beta1: decayRate('Beta 1', 'Share of the first moment that each step keeps.', 0.9),
  beta2: decayRate('Beta 2', 'Share of the second moment that each step keeps.', 0.999),
  epsilon: Type.Number({
    title: 'Epsilon',
    minimum: MIN_POSITIVE,
    maximum: 1,
    description: 'Added to the bias-corrected root of the second moment.',
    examples: [1e-8],
  }),
  ...decayFields,
};
const ADAM_DEFAULTS = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...DECAY_DEFAULTS };
const ADAMW_DEFAULTS = { ...ADAM_DEFAULTS, weightDecay: 0.01 };

const sgdFields = {
  learningRate: LearningRate,
  momentum: decayRate('Momentum', 'Share of the previous step that each step adds. 0 is plain gradient descent.', 0.9),
  nesterov: Type.Boolean({
    title: 'Nesterov momentum',
    description: 'Whether to use Nesterov momentum (Sutskever et al. 2013). Needs a `momentum` above 0.',
    examples: [true],
  }),
  ...decayFields,
};
const SGD_DEFAULTS = { learningRate: 0.1, momentum: 0, nesterov: false, ...DECAY_DEFAULTS };

export const AdamSpec = Type.Object({ name: Type.Literal('adam'), ...adamFields }, titled('AdamSpec'));
export const SgdSpec = Type.Object({ name: Type.Literal('sgd'), ...sgdFields }, titled('SgdSpec'));
export const AdamWSpec = Type.Object({ name: Type.Literal('adamw'), ...adamFields }, titled('AdamWSpec'));
export const OptimizerSpec = Type.Union([AdamSpec, AdamWSpec, SgdSpec]);
export type OptimizerSpec = Static<typeof OptimizerSpec>;

const optimizerUnion = (kind: RequestKind) =>
  Type.Union([
    Type.Object(
      { name: Type.Optional(Type.Literal('adam')), ...optionalProperties(kind, adamFields, ADAM_DEFAULTS) },
      titled(`Adam${kind}`),
    ),
    Type.Object(
      { name: Type.Literal('adamw'), ...optionalProperties(kind, adamFields, ADAMW_DEFAULTS) },
      titled(`AdamW${kind}`),
    ),
    Type.Object(
      { name: Type.Literal('sgd'), ...optionalProperties(kind, sgdFields, SGD_DEFAULTS) },
      titled(`Sgd${kind}`),
    ),
  ]);

/** Optimizer of a request. Without a name it is Adam. */
export const OptimizerRequest = optimizerUnion('Request');
export type OptimizerRequest = Static<typeof OptimizerRequest>;
/** Optimizer of a request with a starting point. Without a name it is the optimizer of the starting point. */
export const OptimizerOverride = optimizerUnion('Override');
/** Short form of an optimizer: its name alone. */
export const OptimizerName = StringEnum(['adam', 'adamw', 'sgd'], {
  description: 'Short form: `"sgd"` means `{"name": "sgd"}`.',
});

const warmupEpochs = Type.Number({
  title: 'Warm-up',
  minimum: 0,
  maximum: 10_000,
  description: 'The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.',
  'x-unit': 'epochs',
  examples: [1, 0.5],
});
const share = (title: string, description: string, example: number) =>
  Type.Number({ title, minimum: 0, maximum: 1, description, 'x-unit': 'share', examples: [example] });
const positiveShare = (title: string, description: string, example: number) =>
  Type.Number({ title, exclusiveMinimum: 0, maximum: 1, description, 'x-unit': 'share', examples: [example] });

const factor = positiveShare('Factor', 'Factor on the learning rate at each drop.', 0.1);
const constantFields = { warmupEpochs };
const stepFields = {
  every: Type.Integer({
    title: 'Interval',
    minimum: 1,
    maximum: 10_000,
    description: 'Epochs between two drops of the learning rate by `factor`. Must be less than `epochs`.',
    'x-unit': 'epochs',
    examples: [10],
  }),
  factor,
  warmupEpochs,
};
const multiStepFields = {
  epochs: Type.Array(Type.Integer({ minimum: 1, maximum: 10_000 }), {
    title: 'Epochs of the drops',
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description: 'Epochs after which the learning rate drops by `factor`, in ascending order.',
    'x-unit': 'epochs',
    examples: [[15, 25]],
  }),
  factor,
  warmupEpochs,
};
const cosineFields = {
  finalFactor: share(
    'Final factor',
    'Share of the learning rate that is left at the end of half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983).',
    0.01,
  ),
  warmupEpochs,
};
const oneCycleFields = {
  peakAt: Type.Number({
    title: 'Peak',
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description:
      'Share of the run after which the learning rate is at its peak (Smith 2018, arXiv:1803.09820; OneCycleLR of PyTorch with cosine annealing and constant momentum).',
    'x-unit': 'share',
    examples: [0.3],
  }),
  startFactor: positiveShare('Start factor', 'Learning rate at the start, as a share of the peak.', 0.04),
  finalFactor: share('Final factor', 'Learning rate at the end, as a share of the peak.', 0.000004),
};
const WARMUP_DEFAULTS = { warmupEpochs: 0 };
const STEP_DEFAULTS = { every: 1, factor: 0.1, ...WARMUP_DEFAULTS };
const MULTI_STEP_DEFAULTS = { factor: 0.1, ...WARMUP_DEFAULTS };
const COSINE_DEFAULTS = { finalFactor: 0, ...WARMUP_DEFAULTS };
const ONE_CYCLE_DEFAULTS = { peakAt: 0.3, startFactor: 1 / 25, finalFactor: 1 / 25e4 };

/** Learning rate schedule: a factor on the optimizer's `learningRate`, as a pure function of the step. */
export const ScheduleSpec = Type.Union([
  Type.Object({ name: Type.Literal('constant'), ...constantFields }, titled('ConstantSchedule')),
  Type.Object({ name: Type.Literal('step'), ...stepFields }, titled('StepSchedule')),
  Type.Object({ name: Type.Literal('multi-step'), ...multiStepFields }, titled('MultiStepSchedule')),
  Type.Object({ name: Type.Literal('cosine'), ...cosineFields }, titled('CosineSchedule')),
  Type.Object({ name: Type.Literal('one-cycle'), ...oneCycleFields }, titled('OneCycleSchedule')),
]);
export type ScheduleSpec = Static<typeof ScheduleSpec>;

const scheduleUnion = (kind: RequestKind) =>
  Type.Union([
    Type.Object(
      { name: Type.Literal('constant'), ...optionalProperties(kind, constantFields, WARMUP_DEFAULTS) },
      titled(`ConstantSchedule${kind}`),
    ),
    Type.Object(
      { name: Type.Literal('step'), ...optionalProperties(kind, stepFields, STEP_DEFAULTS) },
      titled(`StepSchedule${kind}`),
    ),
    Type.Object(
      {
        name: Type.Literal('multi-step'),
        ...optionalProperties(kind, multiStepFields, MULTI_STEP_DEFAULTS),
        epochs: multiStepFields.epochs,
      },
      titled(`MultiStepSchedule${kind}`),
    ),
    Type.Object(
      { name: Type.Literal('cosine'), ...optionalProperties(kind, cosineFields, COSINE_DEFAULTS) },
      titled(`CosineSchedule${kind}`),
    ),
    Type.Object(
      { name: Type.Literal('one-cycle'), ...optionalProperties(kind, oneCycleFields, ONE_CYCLE_DEFAULTS) },
      titled(`OneCycleSchedule${kind}`),
    ),
  ]);

/** Schedule of a request: its name and the options that differ from the defaults. */
export const ScheduleRequest = scheduleUnion('Request');
export type ScheduleRequest = Static<typeof ScheduleRequest>;
/** Schedule of a request with a starting point. Options of the same schedule default to those of the starting point. */
export const ScheduleOverride = scheduleUnion('Override');
/** Short form of a schedule that needs no other field: its name alone. */
export const ScheduleName = StringEnum(['constant', 'step', 'cosine', 'one-cycle'], {
  description: 'Short form: `"cosine"` means `{"name": "cosine"}`.',
});

/** Scores that early stopping can watch, with the direction in which each improves. */
const SCORE_MODES = {
  validationLoss: 'min',
  validationAccuracy: 'max',
  validationMacroF1: 'max',
  validationBalancedAccuracy: 'max',
} as const;

export const Patience = Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.Null()], {
  title: 'Patience',
  description:
    'Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.',
  'x-unit': 'epochs',
  examples: [5],
});
const earlyStoppingFields = {
  metric: StringEnum(['validationLoss', 'validationAccuracy', 'validationMacroF1', 'validationBalancedAccuracy'], {
    title: 'Metric',
    description:
      'Score on the validation split that early stopping watches and that chooses the best epoch. Macro-F1 and balanced accuracy are means over the classes, whatever the number of their images.',
    examples: ['validationAccuracy'],
  }),
  mode: StringEnum(['min', 'max'], {
    title: 'Mode',
    description:
      'Direction in which the score improves. Must be `min` for the loss and `max` for the other metrics, which is the default.',
    examples: ['min'],
  }),
  patience: Patience,
  minDelta: Type.Number({
    title: 'Minimum change',
    minimum: 0,
    maximum: 1_000,
    description: 'A score counts as an improvement only if it is better by more than this.',
    examples: [0.001],
  }),
};
const EARLY_STOPPING_DEFAULTS = { metric: 'validationLoss', patience: 5, minDelta: 0 } as const;

const EARLY_STOPPING = {
  title: 'Early stopping',
  description:
    'Stops the run before its last epoch if the score on the validation split (`dataset.validationSamples`) no longer improves. The model then has the weights of the best epoch. Never uses the test images. null: no early stopping.',
};

/**
 * Early stopping as Keras's EarlyStopping with `restore_best_weights` does it, except that `minDelta` does not influence which
 * weights are kept.
 */
export const EarlyStoppingSpec = Type.Object(earlyStoppingFields, closed);
export type EarlyStoppingSpec = Readonly<Static<typeof EarlyStoppingSpec>>;
export const EarlyStopping = Type.Union([EarlyStoppingSpec, Type.Null()], EARLY_STOPPING);

const earlyStoppingOf = (kind: RequestKind) =>
  Type.Union(
    [Type.Object(optionalProperties(kind, earlyStoppingFields, EARLY_STOPPING_DEFAULTS), closed), Type.Null()],
    { ...EARLY_STOPPING, examples: [{ metric: 'validationLoss', patience: 3 }] },
  );
export const EarlyStoppingRequest = earlyStoppingOf('Request');
export type EarlyStoppingRequest = Static<typeof EarlyStoppingRequest>;
export const EarlyStoppingOverride = earlyStoppingOf('Override');

/** Returns the direction in which a score improves. */
/** Returns whether a score is better than another. */
export const isBetter = (value: number, than: number, mode: EarlyStoppingSpec['mode']): boolean =>
  mode === 'min' ? value < than : value > than;

export const modeOf = (metric: EarlyStoppingSpec['metric']): EarlyStoppingSpec['mode'] => SCORE_MODES[metric];

export const MaxSeconds = Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 31_536_000 }), Type.Null()], {
  title: 'Time limit',
  description:
    'Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.',
  'x-unit': 'seconds',
  examples: [3600],
});

const perChannel = (description: string, range: object) =>
  Type.Array(Type.Number({ maximum: 255, ...range }), { minItems: 1, maxItems: 3, description });

/** Input of the network: pixels from 0 to 1, or (pixel − mean) / standard deviation per channel. */
export const NormalizationSpec = Type.Union(
  [
    StringEnum(['none', 'dataset']),
    Type.Object(
      {
        mean: perChannel('Subtracted from the pixels (0 to 1), per channel.', { minimum: -255 }),
        std: perChannel('Divides the result, per channel.', { minimum: MIN_POSITIVE }),
      },
      closed,
    ),
  ],
  {
    title: 'Normalization',
    description:
      '`none`: pixels from 0 to 1. `dataset`: normalized by mean and standard deviation of the training set. Or an object with both numbers per channel.',
    examples: ['dataset', { mean: [0.286], std: [0.353] }],
  },
);
export type NormalizationSpec = Static<typeof NormalizationSpec>;

export const Precision = StringEnum(['float32', 'bfloat16'], {
  title: 'Precision',
  description: 'Number format of the forward and backward pass. Weights and BatchNorm statistics are float32 in both.',
});
export type Precision = Static<typeof Precision>;

export const PrecisionRequest = StringEnum(['float32', 'bfloat16', 'auto'], {
  title: 'Precision',
  description:
    'Number format of the forward and backward pass. Weights and BatchNorm statistics are float32 in both. `auto`: bfloat16 if every live worker is faster in it (a CPU with AMX, an AMD CPU with AVX-512 BF16, or a GPU of compute capability 8.0 or newer), otherwise float32.',
  examples: ['auto'],
});

/** Fills in the defaults of an optimizer. */
export function resolveOptimizer(choice: OptimizerRequest | Static<typeof OptimizerName> = {}): OptimizerSpec {
  const optimizer: OptimizerRequest = fromShortForm(choice);
  switch (optimizer.name) {
    case 'sgd':
      return { ...SGD_DEFAULTS, ...optimizer };
    case 'adamw':
      return { ...ADAMW_DEFAULTS, ...optimizer };
    default:
      return { ...ADAM_DEFAULTS, ...optimizer, name: 'adam' };
  }
}

/** Fills in the defaults of a schedule. */
export function resolveSchedule(choice: ScheduleRequest | Static<typeof ScheduleName> = 'constant'): ScheduleSpec {
  const schedule: ScheduleRequest = fromShortForm(choice);
  switch (schedule.name) {
    case 'constant':
      return { ...WARMUP_DEFAULTS, ...schedule };
    case 'step':
      return { ...STEP_DEFAULTS, ...schedule };
    case 'multi-step':
      return { ...MULTI_STEP_DEFAULTS, ...schedule };
    case 'cosine':
      return { ...COSINE_DEFAULTS, ...schedule };
    case 'one-cycle':
      return { ...ONE_CYCLE_DEFAULTS, ...schedule };
  }
}

/** Fills in the defaults of early stopping; null if there is none. */
export function resolveEarlyStopping(request: EarlyStoppingRequest | undefined): EarlyStoppingSpec | null {
  if (!request) return null;
  const { metric = EARLY_STOPPING_DEFAULTS.metric } = request;
  return { ...EARLY_STOPPING_DEFAULTS, mode: modeOf(metric), ...request, metric };
}

/** Largest weight of a class. */
const MAX_CLASS_WEIGHT = 1e6;

const classWeightsBranches = [
  Type.Literal('balanced'),
  Type.Array(Type.Number({ minimum: 0, maximum: MAX_CLASS_WEIGHT }), { minItems: 2, maxItems: 10_000 }),
] as const;
const CLASS_WEIGHTS = {
  title: 'Class weights',
  description:
    'Factors on the training loss of the images of each class, in the order of the data set’s classes. `balanced`: n / (k · nᵢ) for the nᵢ of n training images in class i of k classes, as scikit-learn’s `class_weight="balanced"`. The loss of a batch is the mean over its images. Validation and test losses have no weights. null: none.',
  examples: ['balanced', [1, 4.5]],
};

/** Weights of the classes in the training loss. */
export const ClassWeights = Type.Union([...classWeightsBranches], CLASS_WEIGHTS);
export type ClassWeights = Static<typeof ClassWeights>;
export const ClassWeightsRequest = Type.Union([...classWeightsBranches, Type.Null()], CLASS_WEIGHTS);

export const Sampler = StringEnum(['shuffled', 'balanced'], {
  title: 'Sampler',
  description:
    'Training images of an epoch. `shuffled`: each once. `balanced`: as many draws with replacement, in which each class is equally likely.',
  examples: ['balanced'],
});
