/** Requests with a starting point: their schema, and the complete request that each of them means. */
import { type Static, Type } from 'typebox';
import {
  type DatasetRequest,
  JobRequest,
  type JobSpec,
  overrideFields,
  resolveJob,
  sameDraw,
  stepsOf,
} from '../jobs/job.js';
import type { AppliedChange, LiveValues } from '../jobs/live-change.js';
import { epochsOf, type FineTuning, type PhaseRequest, type PhaseSpec, phaseAt, withEpochs } from '../jobs/phases.js';
import { type StartMode, StartRequest } from '../jobs/starting-point.js';
import { fromShortForm } from '../json-schema/short-form.js';
import { isJobSpec, type ModelSpec } from '../models/model.js';
import { NetworkName } from '../networks/network-options.js';
import { overAugmentation } from '../training/augmentation.js';
import type { EarlyStoppingRequest, EarlyStoppingSpec } from '../training/training-options.js';

export const JobFromRequest = Type.Object(
  {
    from: StartRequest,
    network: Type.Optional(NetworkName),
    networkOptions: Type.Optional(
      Type.Object(
        {
          dropRate: Type.Number({
            title: 'Dropout',
            minimum: 0,
            exclusiveMaximum: 1,
            description: 'Share of values that dropout sets to 0. The only network option that may differ.',
            'x-unit': 'share',
          }),
        },
        { additionalProperties: false, title: 'Network options' },
      ),
    ),
    ...overrideFields,
  },
  { additionalProperties: false, title: 'JobFromRequest' },
);
export type JobFromRequest = Static<typeof JobFromRequest>;

/** Body of `POST /jobs`: a new network, or a starting point. */
export const JobSubmission = Type.Unsafe<JobRequest | JobFromRequest>(
  Type.Union([...(JobRequest as unknown as { anyOf: (typeof JobFromRequest)[] }).anyOf, JobFromRequest]),
);
export type JobSubmission = Static<typeof JobSubmission>;

type LeftChange = Pick<AppliedChange, 'to'> & Partial<Pick<AppliedChange, 'step'>>;

/** Returns the spec with the values that the changes have left in force. */
export function specAfterChanges(spec: JobSpec, changes: readonly LeftChange[]): JobSpec {
  const left: Partial<LiveValues> = Object.assign({}, ...changes.map(({ to }) => to));
  const { learningRate = spec.optimizer.learningRate, epochs = spec.epochs, maxSeconds = spec.maxSeconds } = left;
  const earlyStopping = spec.earlyStopping && {
    ...spec.earlyStopping,
    ...(left.patience !== undefined && { patience: left.patience }),
  };
  const phases = phasesAfterChanges(spec, changes, epochs);
  return {
    ...spec,
    ...(phases ? { phases, epochs: epochsOf(phases) } : { epochs }),
    ...{ maxSeconds, earlyStopping, optimizer: { ...spec.optimizer, learningRate } },
  };
}

/** Returns the phases with this number of epochs, each with the learning rate that a change has set in it. */
function phasesAfterChanges(spec: JobSpec, changes: readonly LeftChange[], epochs: number): PhaseSpec[] | undefined {
  if (spec.phases === undefined) return undefined;
  const stepsPerEpoch = stepsOf({ ...spec, epochs: 1 });
  const phases = withEpochs(spec.phases, epochs) ?? [...spec.phases];
  for (const { step = 0, to } of changes) {
    const { index } = phaseAt(spec, Math.floor(step / stepsPerEpoch) + 1);
    const phase = phases[index];
    if (phase && to.learningRate !== undefined) phases[index] = { ...phase, learningRate: to.learningRate };
  }
  return phases;
}

/** Returns whether a submission starts from a model or checkpoint. */
export const hasStartingPoint = (body: JobSubmission): body is JobFromRequest => 'from' in body;

/**
 * Returns the spec that a job with this starting point has by default. For an imported model: the defaults of a new network, the model
 * name included.
 */
export function trainableSpec(spec: ModelSpec): JobSpec {
  if (isJobSpec(spec)) return spec;
  const { network, networkOptions, dataset, normalization } = spec;
  return resolveJob({
    ...({ network, networkOptions } as Pick<JobRequest, 'network' | 'networkOptions'>),
    ...{ normalization, dataset: { resize: dataset.resize } },
  } as JobRequest);
}

/**
 * Returns the complete request that a request with `from` means: the spec of its starting point, overridden by the request. If the
 * request names another optimizer, schedule or metric, the options of that part are the defaults of the new one. Another data set has
 * its own default name: its classes are not those of the starting point's model.
 */
export function mergeRequest(body: JobFromRequest, source: JobSpec): JobRequest {
  const {
    from: _,
    network: __,
    networkOptions,
    dataset: datasetChoice = {},
    augmentation,
    optimizer,
    schedule,
    earlyStopping,
    ...over
  } = body;
  const { from: ___, precisionReason: ____, name, microBatchSize, phases: plannedPhases, ...inherited } = source;
  const same = startModeOf(body.from) === 'continue' ? inherited : withoutFineTuning(inherited);
  const phases = startModeOf(body.from) === 'continue' ? overPhases(plannedPhases, body) : undefined;
  const dataset = fromShortForm<string | DatasetRequest>(datasetChoice);
  const sameData = dataset.name === undefined || dataset.name === source.dataset.name;
  // Without micro batches the step takes the whole batch, also if the batch size changes.
  const isWhole = microBatchSize === source.batchSize && over.batchSize !== undefined;
  return {
    ...(sameData ? same : withoutClassWeights(same)),
    ...(sameData && { name }),
    ...(!isWhole && { microBatchSize }),
    ...(phases && { phases, epochs: epochsOf(phases) }),
    ...over,
    networkOptions: { ...source.networkOptions, ...networkOptions },
    dataset: { ...(sameData ? sameImages(source.dataset, dataset) : { resize: source.dataset.resize }), ...dataset },
    augmentation: overAugmentation(source.augmentation, augmentation),
    optimizer: overNamed(source.optimizer, optimizer),
    schedule: overNamed(source.schedule, schedule),
    earlyStopping: overWatched(source.earlyStopping, earlyStopping),
  } as JobRequest;
}

/** Returns the mode of a starting point: a checkpoint continues its run unless the request says otherwise. */
export const startModeOf = ({ job, mode, recipe }: StartRequest): StartMode =>
  mode ?? (job === undefined || recipe !== undefined ? 'fine-tune' : 'continue');

/** Removes the options that say which layers the starting point trained: a new run trains all unless its request says otherwise. */
function withoutFineTuning<Spec extends FineTuning>(spec: Spec) {
  const { freeze: _, headRate: __, layerDecay: ___, batchNorm: ____, ...others } = spec;
  return others;
}

/** Removes weights that belong to the classes of another data set. */
const withoutClassWeights = <Spec extends Pick<JobSpec, 'classWeights'>>({ classWeights, ...others }: Spec) =>
  classWeights === 'balanced' ? { ...others, classWeights } : others;

/** Returns the phases of the continued run, and sets the options of the request in each of them. */
function overPhases(phases: readonly PhaseSpec[] | undefined, body: JobFromRequest): PhaseRequest[] | undefined {
  if (phases === undefined || body.phases !== undefined) return undefined;
  const { freeze, headRate, layerDecay, batchNorm, schedule, optimizer = {}, epochs = epochsOf(phases) } = body;
  const { learningRate } = fromShortForm<string | Readonly<{ learningRate?: number }>>(optimizer) as PhaseRequest;
  const given = Object.entries({ freeze, headRate, layerDecay, batchNorm, schedule, learningRate });
  const over = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return (withEpochs(phases, epochs) ?? phases).map((phase) => ({ ...phase, ...over }));
}

/** Returns the images of the starting point. If the validation images come from elsewhere, their number is not taken over. */
function sameImages(source: JobSpec['dataset'], over: DatasetRequest): DatasetRequest {
  const { validationSamples, ...others } = source;
  const isElsewhere = over.validation !== undefined && over.validation !== (source.validation ?? 'drawn');
  return isElsewhere ? others : { ...others, validationSamples, ...sameDraw(source) };
}

/** Overrides options of the same name. Without a name, the name is that of the starting point. */
function overNamed(source: Readonly<{ name: string }>, choice: string | Readonly<{ name?: string }> = {}): object {
  const over = fromShortForm(choice);
  return over.name === undefined || over.name === source.name ? { ...source, ...over } : over;
}

/** Overrides early stopping. Another metric has its own direction and minimum change. */
function overWatched(source: EarlyStoppingSpec | null, over: EarlyStoppingRequest | undefined): EarlyStoppingRequest {
  if (over === undefined) return source;
  if (over === null || source === null) return over;
  const { metric = source.metric } = over;
  return metric === source.metric ? { ...source, ...over } : { patience: source.patience, ...over };
}
