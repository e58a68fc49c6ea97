/** Schemas and defaults of fine-tuning: frozen layers, discriminative learning rates, and the phases of a run. */
import { type Static, Type } from 'typebox';
import { LARGEST_RESIZE, SMALLEST_RESIZE } from '../datasets/dataset.js';
import { optionalProperties, type RequestKind } from '../json-schema/defaults.js';
import { StringEnum } from '../json-schema/enums.js';
import {
  Epochs,
  LearningRate,
  MIN_POSITIVE,
  type OptimizerSpec,
  resolveSchedule,
  ScheduleName,
  ScheduleOverride,
  type ScheduleRequest,
  ScheduleSpec,
} from '../training/training-options.js';

const closed = { additionalProperties: false };

/** `freeze` of all layers but the head. */
export const BACKBONE = 'backbone';

const fineTuningFields = {
  freeze: Type.Union([Type.String({ minLength: 1, maxLength: 128 }), Type.Null()], {
    title: 'Frozen layers',
    description:
      'Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.',
    examples: ['backbone', 'layer3'],
  }),
  headRate: Type.Number({
    title: 'Rate of the head',
    minimum: MIN_POSITIVE,
    maximum: 1_000,
    description: 'Factor on the learning rate of the head, the last layer.',
    examples: [10],
  }),
  layerDecay: Type.Number({
    title: 'Decay per stage',
    minimum: MIN_POSITIVE,
    maximum: 1,
    description:
      'Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.',
    examples: [0.5],
  }),
  batchNorm: StringEnum(['trained', 'frozen'], {
    title: 'BatchNorm',
    description:
      '`trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.',
    examples: ['frozen'],
  }),
};
const FINE_TUNING_DEFAULTS = { freeze: null, headRate: 1, layerDecay: 1, batchNorm: 'trained' } as const;

/** Returns the fields of a request that decide which layers train, and how fast. */
export const fineTuningFieldsOf = (kind: RequestKind) =>
  optionalProperties(kind, fineTuningFields, FINE_TUNING_DEFAULTS);
/** Fields of fine-tuning in a spec, which has only fields that differ from the default. */
export const FineTuning = Type.Partial(Type.Object(fineTuningFields));
export type FineTuning = Readonly<Static<typeof FineTuning>>;

const phaseFields = {
  epochs: { ...Epochs, description: 'Passes over the training images in this phase.' },
  learningRate: LearningRate,
  resize: Type.Integer({
    title: 'Input side',
    minimum: SMALLEST_RESIZE,
    maximum: LARGEST_RESIZE,
    description:
      'Side of the images that this phase trains on. Scores use `dataset.resize`, the side at which the model predicts.',
    'x-unit': 'pixels',
    examples: [128],
  }),
  ...fineTuningFields,
};

/** Maximum number of phases of a run. */
const MAX_PHASES = 20;

/** A phase of a request. An absent option has the value of the job. */
const PhaseRequest = Type.Object(
  {
    ...Type.Partial(Type.Object(phaseFields)).properties,
    epochs: phaseFields.epochs,
    schedule: Type.Optional(
      Type.Union([ScheduleOverride as typeof ScheduleRequest, ScheduleName], {
        title: 'Schedule',
        description:
          'Learning rate schedule, which spans this phase alone. Absent options have the defaults of the schedule.',
        examples: ['cosine'],
      }),
    ),
  },
  { ...closed, title: 'PhaseRequest' },
);
export type PhaseRequest = Readonly<Static<typeof PhaseRequest>>;

const PHASES = {
  title: 'Phases',
  minItems: 1,
  maxItems: MAX_PHASES,
  description:
    'Parts of the run, one after the other, each with its own layers, learning rates and schedule. Each begins with an empty optimizer; weights, BatchNorm’s running statistics and averages carry over. `epochs` of the job is their sum. Default: the whole run is one phase.',
};
export const PhaseRequests = Type.Array(PhaseRequest, {
  ...PHASES,
  examples: [
    [
      { epochs: 1, freeze: 'backbone' },
      { epochs: 4, learningRate: 0.0005, layerDecay: 0.5 },
    ],
  ],
});

/** A phase with every option filled in. */
export const PhaseSpec = Type.Object({ ...phaseFields, schedule: ScheduleSpec }, closed);
export type PhaseSpec = Readonly<Static<typeof PhaseSpec>>;
export const PhaseSpecs = Type.Array(PhaseSpec, PHASES);

/** The part of a job that its phases take options from. */
type PhaseDefaults = Readonly<{
  optimizer: Pick<OptimizerSpec, 'learningRate'>;
  schedule: ScheduleSpec;
  dataset: Readonly<{ resize: number }>;
}>;

/** Returns the options that differ from the defaults, as a spec stores them. */
export function resolveFineTuning({ freeze, headRate, layerDecay, batchNorm }: FineTuning): FineTuning {
  const given = Object.entries({ freeze, headRate, layerDecay, batchNorm });
  const defaults: Readonly<Record<string, unknown>> = FINE_TUNING_DEFAULTS;
  return Object.fromEntries(given.filter(([name, value]) => value !== undefined && value !== defaults[name]));
}

/** Fills in the options of each phase: those of the job, or the defaults. */
export const resolvePhases = (
  phases: readonly PhaseRequest[],
  fineTuning: FineTuning,
  { optimizer, schedule, dataset }: PhaseDefaults,
): PhaseSpec[] =>
  phases.map((phase) => ({
    ...{ learningRate: optimizer.learningRate, resize: dataset.resize },
    ...FINE_TUNING_DEFAULTS,
    ...fineTuning,
    ...phase,
    schedule: phase.schedule === undefined ? schedule : resolveSchedule(phase.schedule),
  }));

/** Returns the epochs of all phases together. */
export const epochsOf = (phases: readonly Pick<PhaseSpec, 'epochs'>[]): number =>
  phases.reduce((sum, { epochs }) => sum + epochs, 0);

/** Gives a run a number of epochs: the last phase takes the difference. Undefined if less than one epoch would be left for it. */
export function withEpochs(phases: readonly PhaseSpec[], epochs: number): PhaseSpec[] | undefined {
  const last = phases.at(-1);
  const left = epochs - epochsOf(phases.slice(0, -1));
  return last === undefined || left < 1 ? undefined : [...phases.slice(0, -1), { ...last, epochs: left }];
}

/** The part of a job that determines its phases. */
type RunSpec = Readonly<{
  epochs: number;
  phases?: readonly PhaseSpec[];
  optimizer: Pick<OptimizerSpec, 'learningRate'>;
  schedule: ScheduleSpec;
}>;

/** A phase within its run. `index` counts from 0, `before` is the number of epochs before the phase. */
export type RunPhase = Readonly<{
  index: number;
  before: number;
  epochs: number;
  learningRate: number;
  schedule: ScheduleSpec;
}>;

/**
 * Returns the phases of a run in order; one for a run without `phases`. `epochs` is the number of epochs of the run, which a live change
 * may have set: the last phase takes the difference, and has at least one epoch.
 */
export function runPhases(
  { phases, optimizer, schedule, epochs: planned }: RunSpec,
  epochs = planned,
): readonly [RunPhase, ...RunPhase[]] {
  const { learningRate } = optimizer;
  const [first = { epochs, learningRate, schedule }, ...others] = phases ?? [];
  let before = 0;
  const placed = (phase: Pick<PhaseSpec, 'epochs' | 'learningRate' | 'schedule'>, index: number): RunPhase => {
    const length = index === others.length ? Math.max(1, epochs - before) : phase.epochs;
    const at = { index, before, epochs: length, learningRate: phase.learningRate, schedule: phase.schedule };
    before += length;
    return at;
  };
  return [placed(first, 0), ...others.map((phase, i) => placed(phase, i + 1))];
}

/** Returns the phase of an epoch, which counts from 1; the last phase for epochs behind it. `epochs` as in `runPhases`. */
export function phaseAt(spec: RunSpec, epoch: number, epochs = spec.epochs): RunPhase {
  const all = runPhases(spec, epochs);
  return all.findLast(({ before }) => before < epoch) ?? all[0];
}
