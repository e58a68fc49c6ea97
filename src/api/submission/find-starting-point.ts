/** Lookup of the checkpoint or model that a job starts from, and the checks of the job's spec against it. */
import { type DatasetInfo, wasImportedAfter } from '../../contracts/datasets/dataset.js';
import type { JobRequest, JobSpec } from '../../contracts/jobs/job.js';
import { phaseAt } from '../../contracts/jobs/phases.js';
import type { StartRequest, StartSpec } from '../../contracts/jobs/starting-point.js';
import type { CheckpointHeader } from '../../contracts/processes/checkpoint-header.js';
import { FEWEST_RECIPE_EPOCHS, FIELDS_OF_RECIPE, withRecipe } from '../../contracts/submission/fine-tune-recipe.js';
import {
  type JobFromRequest,
  mergeRequest,
  specAfterChanges,
  startModeOf,
  trainableSpec,
} from '../../contracts/submission/job-from.js';
import type { NormalizationSpec } from '../../contracts/training/training-options.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { StoredCheckpoint } from '../../store/starting-points.js';
import type { AppDeps } from '../deps.js';
import { refuseFields } from '../http/validation.js';
import { lookUpDataset } from './dataset-lookup.js';

type LookupDeps = Pick<AppDeps, 'jobs' | 'starts' | 'resolver' | 'datasets'>;

/** The weights that a job starts from: the spec that trained them, their shape, and their file. */
export type StartingPoint = Readonly<{
  requested: JobFromRequest;
  /** `job 3f2…` or `model a@1`, for sentences. */
  name: string;
  spec: JobSpec;
  channels: number;
  /** Undefined for a job whose data set was replaced by another one of its name. */
  classes: readonly string[] | undefined;
  /** Mean and standard deviation of its normalization, in numbers. */
  normalization: NormalizationSpec;
  path: string;
  sha256: string;
  origin: Pick<StartSpec, 'job' | 'model' | 'checkpoint'>;
  /** Only of a checkpoint. */
  header?: CheckpointHeader;
}>;

type StartWeights = Omit<StartingPoint, 'requested'>;

/** Returns the checkpoint or model of `from`. Throws `invalid_request` if there is none, with those to choose from. */
export async function findStartingPoint(requested: JobFromRequest, deps: LookupDeps): Promise<StartingPoint> {
  const { from } = requested;
  if ((from.job === undefined) === (from.model === undefined)) {
    throw refuseFields([{ pointer: '/from', message: 'must have either job or model' }]);
  }
  const faults = from.recipe === undefined ? [] : recipeErrors(requested);
  if (faults.length > 0) throw refuseFields(faults);
  const weights = from.job === undefined ? await findModel(from, deps) : await findCheckpoint(from, from.job, deps);
  return { requested, ...weights };
}

/** Returns an error for each field that contradicts the recipe of a request. */
function recipeErrors(requested: JobFromRequest): FieldError[] {
  const { from, epochs } = requested;
  const set = FIELDS_OF_RECIPE.filter((field) => requested[field] !== undefined);
  const faults = set.map((field): FieldError => {
    return {
      pointer: `/${field}`,
      message: `is set by the recipe ${from.recipe}: leave it out, or leave from.recipe out`,
    };
  });
  if (from.mode === 'continue') {
    const message = `must be fine-tune, the mode of the recipe ${from.recipe}, or left out, not continue`;
    faults.push({ pointer: '/from/mode', message });
  }
  if (epochs !== undefined && epochs < FEWEST_RECIPE_EPOCHS) {
    const message = `must be at least ${FEWEST_RECIPE_EPOCHS}, one for each phase of the recipe, not ${epochs}`;
    faults.push({ pointer: '/epochs', message });
  }
  return faults;
}

async function findModel(
  { model = '', mode, checkpoint }: StartRequest,
  { resolver }: LookupDeps,
): Promise<StartWeights> {
  if (checkpoint !== undefined)
    throw refuseFields([{ pointer: '/from/checkpoint', message: 'is allowed with job only, not with model' }]);
  if (mode === 'continue') {
    const message = 'must be fine-tune: a model has weights, but no optimizer slots and no position in a run';
    throw refuseFields([{ pointer: '/from/mode', message }]);
  }
  const { manifest, folder, source } = await resolver.resolve(model).catch((error: unknown) => {
    if (error instanceof TrainyardError && NOT_FOUND.some((code) => code === error.code))
      throw refuseFields([{ pointer: '/from/model', message: `does not exist. ${error.message.replace(/\.$/, '')}` }]);
    throw error;
  });
  if (!('version' in source)) throw refuseFields([{ pointer: '/from/model', message: 'must be a stored model' }]);
  const { path, sha256 } = manifest.files.weights;
  return {
    name: `model ${source.name}@${source.version}`,
    spec: trainableSpec(manifest.spec),
    channels: manifest.preprocessing.channels,
    classes: manifest.classes,
    normalization: { mean: manifest.preprocessing.mean, std: manifest.preprocessing.std },
    path: `${folder}/${path}`,
    sha256,
    origin: { model: source },
  };
}

const NOT_FOUND = ['model_not_found', 'label_not_found'] as const;

async function findCheckpoint(request: StartRequest, id: string, deps: LookupDeps): Promise<StartWeights> {
  const job = await deps.jobs.find(id);
  if (job === undefined) throw refuseFields([{ pointer: '/from/job', message: `is ${id}, but there is no such job` }]);
  const all = await deps.starts.list(id);
  const { checkpoint: wanted = 'last' } = request;
  const found = chooseCheckpoint(all, wanted);
  if (found === undefined) {
    const message = `is ${wanted}, but job ${id}, which is ${job.status}, has ${listCheckpoints(all)}`;
    throw refuseFields([{ pointer: '/from/checkpoint', message }]);
  }
  const dataset = await lookUpDataset(job.spec, deps.datasets);
  const { channels, classes, mean, std } = dataset;
  const { header, path, sha256 } = found;
  const { epoch, step } = header.position;
  const changes = header.events.filter((event) => event.type === 'change');
  return {
    name: `job ${id}`,
    spec: specAfterChanges(job.spec, changes),
    channels,
    classes: wasImportedAfter(dataset, job.createdAt) ? undefined : classes,
    normalization: job.spec.normalization === 'dataset' ? { mean, std } : job.spec.normalization,
    path,
    sha256,
    origin: { job: id, checkpoint: { epoch, step, steps: header.steps } },
    header,
  };
}

/** At the end of an epoch the run position is step 0 of the next epoch. */
const isEndOf = ({ header: { position } }: StoredCheckpoint, epoch: number): boolean =>
  position.epoch === epoch + 1 && position.step === 0;

function chooseCheckpoint(all: readonly StoredCheckpoint[], wanted: NonNullable<StartRequest['checkpoint']>) {
  if (wanted === 'last') return all.at(-1);
  if (wanted !== 'best') return all.find((each) => isEndOf(each, wanted));
  const best = all.at(-1)?.header.best;
  return best && all.find(({ header }) => header.steps === best.steps);
}

/** Returns, for example, `these: last (epoch 5, step 3); end of epoch 2 (best), 4`. */
function listCheckpoints(all: readonly StoredCheckpoint[]): string {
  const last = all.at(-1);
  if (last === undefined) return 'none';
  const { position, best } = last.header;
  const ends = all.flatMap((each) => {
    const { epoch, step } = each.header.position;
    return step === 0 ? [`${epoch - 1}${each.header.steps === best?.steps ? ' (best)' : ''}`] : [];
  });
  const newest = position.step === 0 ? `epoch ${position.epoch - 1}` : `epoch ${position.epoch}, step ${position.step}`;
  const epochs = ends.length === 0 ? '' : `; end of epoch ${ends.join(', ')}`;
  const none = best === undefined ? '; no best, since the job has no validation images' : '';
  return `these: last (${newest})${epochs}${none}`;
}

/**
 * Completes a request with the settings of its starting point, and looks its data set up. Grey images under a model of colour images
 * take the mean of its normalization over the channels.
 */
export async function completeRequest(
  { requested, spec, normalization: own }: StartingPoint,
  datasets: LookupDeps['datasets'],
): Promise<Readonly<{ request: JobRequest; dataset: DatasetInfo }>> {
  const body = requested.from.recipe === undefined ? requested : withRecipe(requested, own);
  const request = mergeRequest(body, spec);
  const { normalization } = request;
  const dataset = await lookUpDataset(request, datasets);
  if (requested.normalization !== undefined || typeof normalization !== 'object' || dataset.channels !== 1)
    return { request, dataset };
  const average = (values: readonly number[]) => [values.reduce((sum, value) => sum + value, 0) / values.length];
  const grey = { mean: average(normalization.mean), std: average(normalization.std) };
  return { request: { ...request, normalization: grey }, dataset };
}

/** Returns the starting point as the spec stores it. Throws `invalid_request` with a pointer to each field that does not fit. */
export function resolveStart(start: StartingPoint, spec: JobSpec, dataset: DatasetInfo): StartSpec {
  const { from } = start.requested;
  const mode = startModeOf(from);
  const errors = [
    ...checkNetwork(start, spec, dataset),
    ...(mode === 'continue' ? checkContinuedRun(start, spec, dataset) : []),
  ];
  if (errors.length > 0) throw refuseFields(errors);
  const head = haveSameClasses(start, dataset) ? 'taken' : 'new';
  const input = start.channels === dataset.channels ? {} : { input: 'summed' as const };
  const recipe = from.recipe && { recipe: from.recipe };
  return { ...start.origin, sha256: start.sha256, mode, ...recipe, head, ...input };
}

/**
 * Returns whether the outputs of the starting point stand for the classes of the data set: the same names in the same order. False if the
 * classes of the starting point are unknown.
 */
const haveSameClasses = ({ classes: outputs }: StartingPoint, { classes }: DatasetInfo): boolean =>
  classes.length === outputs?.length && classes.every((name, i) => name === outputs[i]);

/** Requires the same network, and images of as many channels; weights of a colour model also fit grey images. */
function* checkNetwork(start: StartingPoint, spec: JobSpec, dataset: DatasetInfo): Generator<FieldError> {
  const { network } = start.requested;
  if (network !== undefined && network !== start.spec.network)
    yield {
      pointer: '/network',
      message: `must be ${start.spec.network}, the network of ${start.name}, not ${network}`,
    };
  const isGreyUnderColour = dataset.channels === 1 && start.channels === 3 && start.origin.model !== undefined;
  if (dataset.channels === start.channels || isGreyUnderColour) return;
  const message = `has images of ${dataset.channels} channels, but ${start.name} needs ${start.channels}`;
  yield { pointer: '/dataset/name', message: `is ${spec.dataset.name}, which ${message}` };
}

/** Settings that decide what a step does: a continued run must keep them. */
const FIELDS_OF_RUN: readonly [pointer: string, of: (spec: JobSpec) => unknown][] = [
  ['/dataset/name', ({ dataset }) => dataset.name],
  ['/dataset/trainSamples', ({ dataset }) => dataset.trainSamples],
  ['/dataset/validationSamples', ({ dataset }) => dataset.validationSamples],
  ['/dataset/validation', ({ dataset }) => dataset.validation ?? 'left out'],
  ['/dataset/stratified', ({ dataset }) => dataset.stratified ?? false],
  ['/batchSize', ({ batchSize }) => batchSize],
  ['/seed', ({ seed }) => seed],
  ['/optimizer/name', ({ optimizer }) => optimizer.name],
];

/** Requires the same images in the same order, the same slots and averages, and at least one epoch left to train. */
function* checkContinuedRun(start: StartingPoint, spec: JobSpec, dataset: DatasetInfo): Generator<FieldError> {
  const { spec: before, name, header, classes } = start;
  const reason = 'to continue its run; with mode fine-tune it may differ';
  for (const [pointer, of] of FIELDS_OF_RUN) {
    const [then, now] = [of(before), of(spec)];
    if (then !== now) yield { pointer, message: `must be ${then}, as in ${name}, ${reason}, not ${now}` };
  }
  if (classes === undefined) {
    const message = `must be fine-tune: the data set ${before.dataset.name} was replaced after the training of ${name}, so its run cannot go on`;
    yield { pointer: '/from/mode', message };
  } else if (classes.length !== dataset.classes.length)
    yield { pointer: '/dataset/name', message: `must have ${classes.length} classes, as ${name} has, ${reason}` };
  yield* checkOptimizerState(start, spec, reason);
  yield* checkFrozenLayers(start, spec, reason);
  const { epoch = 1 } = header?.position ?? {};
  if (epoch > spec.epochs) {
    const message = `must be more than ${epoch - 1}, the epochs that ${name} has done, not ${spec.epochs}; or take mode fine-tune`;
    yield { pointer: '/epochs', message };
  }
}

function* checkOptimizerState({ spec: before, name }: StartingPoint, spec: JobSpec, reason: string) {
  if (slotsOf(before) !== slotsOf(spec) && before.optimizer.name === spec.optimizer.name) {
    const message = `must keep the slots that ${name} has (momentum, decay of biases) ${reason}`;
    yield { pointer: '/optimizer', message };
  }
  if ((before.emaDecay === null) !== (spec.emaDecay === null)) {
    const message = `must be ${before.emaDecay === null ? 'null' : 'a number'}, as in ${name}, ${reason}`;
    yield { pointer: '/emaDecay', message };
  }
}

/** Requires the same frozen layers within a phase, whose optimizer keeps slots for the others. */
function* checkFrozenLayers(
  { spec: before, name, header }: StartingPoint,
  spec: JobSpec,
  reason: string,
): Generator<FieldError> {
  const { epoch, step } = header?.position ?? { epoch: 1, step: 0 };
  const phase = phaseAt(spec, epoch);
  if (phase.before > 0 && phase.before === epoch - 1 && step === 0) return;
  const [then, now] = [before, spec].map((each) => freezeAt(each, epoch) ?? 'null');
  if (then === now) return;
  const pointer = spec.phases === undefined ? '/freeze' : `/phases/${phase.index}/freeze`;
  yield { pointer, message: `must be ${then}, as in ${name}, ${reason}, not ${now}` };
}

/** Returns the frozen layers of an epoch. */
const freezeAt = (spec: JobSpec, epoch: number): string | null | undefined =>
  spec.phases === undefined ? spec.freeze : spec.phases[phaseAt(spec, epoch).index]?.freeze;

/** Returns which slots an optimizer keeps, as a text to compare. */
function slotsOf({ optimizer }: JobSpec): string {
  const momentum = optimizer.name === 'sgd' && optimizer.momentum > 0;
  return `${momentum} ${optimizer.weightDecay > 0 && optimizer.decayNormAndBias}`;
}
