/** What a job is to start from: found, checked against the job's own spec, and kept for it. */

import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { DEFAULT_DATASET, type JobRequest, type JobSpec } from '../../contracts/jobs/job.js';
import type { StartMode, StartRequest, StartSpec } from '../../contracts/jobs/starting-point.js';
import type { CheckpointHeader } from '../../contracts/processes/checkpoint-header.js';
import {
  type JobFromRequest,
  specAfterChanges,
  trainableSpec,
  wholeRequest,
} from '../../contracts/submission/job-from.js';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import type { StoredCheckpoint } from '../../store/starting-points.js';
import type { AppDeps } from '../deps.js';
import { refuseFields } from '../http/validation.js';

type Deps = Pick<AppDeps, 'jobs' | 'starts' | 'resolver' | 'datasets'>;

/** Where weights come from: the spec they were trained by, what they are of, and their file. */
export type Source = Readonly<{
  /** `job 3f2…` or `model a@1`, for sentences. */
  name: string;
  spec: JobSpec;
  channels: number;
  classes: number;
  path: string;
  sha256: string;
  origin: Pick<StartSpec, 'job' | 'model' | 'checkpoint'>;
  /** Of a checkpoint. */
  header?: CheckpointHeader;
}>;

/** Throws `invalid_request` where there is no such checkpoint or model, with those there are. */
export async function findSource({ from }: JobFromRequest, deps: Deps): Promise<Source> {
  if ((from.job === undefined) === (from.model === undefined)) {
    throw refuseFields([{ pointer: '/from', message: 'must have either job or model' }]);
  }
  return from.job === undefined ? findModel(from, deps) : findCheckpoint(from, from.job, deps);
}

async function findModel({ model = '', mode, checkpoint }: StartRequest, { resolver }: Deps): Promise<Source> {
  if (checkpoint !== undefined)
    throw refuseFields([{ pointer: '/from/checkpoint', message: 'is of a job, not of a model' }]);
  if (mode === 'continue') {
    const message = 'must be fine-tune: a model has weights, and neither optimizer slots nor a place in a run';
    throw refuseFields([{ pointer: '/from/mode', message }]);
  }
  const { manifest, folder, source } = await resolver.resolve(model).catch((error: unknown) => {
    if (error instanceof TrainyardError && NOT_THERE.some((code) => code === error.code))
      throw refuseFields([{ pointer: '/from/model', message: `is not there. ${error.message.replace(/\.$/, '')}` }]);
    throw error;
  });
  if (!('version' in source)) throw refuseFields([{ pointer: '/from/model', message: 'must be a stored model' }]);
  const { path, sha256 } = manifest.files.weights;
  return {
    name: `model ${source.name}@${source.version}`,
    spec: trainableSpec(manifest.spec),
    channels: manifest.preprocessing.channels,
    classes: manifest.classes.length,
    path: `${folder}/${path}`,
    sha256,
    origin: { model: source },
  };
}

const NOT_THERE = ['model_not_found', 'label_not_found'] as const;

async function findCheckpoint(request: StartRequest, id: string, deps: Deps): Promise<Source> {
  const job = await deps.jobs.find(id);
  if (job === undefined) throw refuseFields([{ pointer: '/from/job', message: `is ${id}, and there is no such job` }]);
  const all = await deps.starts.list(id);
  const { checkpoint: wanted = 'last' } = request;
  const found = choose(all, wanted);
  if (found === undefined) {
    throw refuseFields([
      {
        pointer: '/from/checkpoint',
        message: `is ${wanted}, and job ${id}, which is ${job.status}, has ${sayAll(all)}`,
      },
    ]);
  }
  const info = await datasetOf(job.spec, deps.datasets);
  const { epoch, step } = found.header.position;
  return {
    name: `job ${id}`,
    spec: specAfterChanges(
      job.spec,
      found.header.events.filter((event) => event.type === 'change'),
    ),
    channels: info.channels,
    classes: info.classes.length,
    path: found.path,
    sha256: found.sha256,
    origin: { job: id, checkpoint: { epoch, step, steps: found.header.steps } },
    header: found.header,
  };
}

/** At the end of an epoch the position is the beginning of the next. */
const isEndOf = ({ header: { position } }: StoredCheckpoint, epoch: number): boolean =>
  position.epoch === epoch + 1 && position.step === 0;

function choose(all: readonly StoredCheckpoint[], wanted: NonNullable<StartRequest['checkpoint']>) {
  if (wanted === 'last') return all.at(-1);
  if (wanted !== 'best') return all.find((each) => isEndOf(each, wanted));
  const best = all.at(-1)?.header.best;
  return best && all.find(({ header }) => header.steps === best.steps);
}

/** "the last, of step 3 in epoch 5, and those of epochs 2 (the best) and 4". */
function sayAll(all: readonly StoredCheckpoint[]): string {
  const last = all.at(-1);
  if (last === undefined) return 'none';
  const { position, best } = last.header;
  const ends = all.flatMap((each) => {
    const { epoch, step } = each.header.position;
    return step === 0 ? [`${epoch - 1}${each.header.steps === best?.steps ? ' (best)' : ''}`] : [];
  });
  const newest = position.step === 0 ? `epoch ${position.epoch - 1}` : `epoch ${position.epoch}, step ${position.step}`;
  const epochs = ends.length === 0 ? '' : `; of the end of epoch ${ends.join(', ')}`;
  const none = best === undefined ? '; no best, since no images are set aside' : '';
  return `these: last (${newest})${epochs}${none}`;
}

/** Data sets that a refusal names. */
const MOST_NAMES = 20;

/** The data set of a request. Throws `invalid_request` where there is none of that name, with those there are. */
export async function datasetOf(
  { dataset }: Readonly<{ dataset?: Readonly<{ name?: string }> }>,
  datasets: Deps['datasets'],
): Promise<DatasetInfo> {
  const name = dataset?.name ?? DEFAULT_DATASET;
  try {
    return await datasets.find(name);
  } catch (error) {
    if (!(error instanceof TrainyardError && error.code === 'dataset_not_found')) throw error;
    const page = await datasets.list({ limit: MOST_NAMES });
    const names = page.datasets.map((each) => `"${each.name}"`);
    const some = names.join(', ') + (page.nextCursor === undefined ? '' : ' …');
    throw refuseFields([{ pointer: '/dataset/name', message: `must be one of ${some}, not "${name}"` }]);
  }
}

/** Refuses jobs on a built-in data set whose files are missing or wrong: they would fail on a worker. Throws `dataset_corrupt`. */
export async function requireFiles(name: string, datasets: Pick<Deps['datasets'], 'verify'>): Promise<void> {
  await datasets.verify(name).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const sentence = `${why} Until then name another data set in dataset.name, one of GET /datasets.`;
    throw new TrainyardError('dataset_corrupt', sentence, { cause });
  });
}

/**
 * The request for a network that one with `from` stands for. Where images are grey and the model's were not, its normalisation is that
 * of the mean channel.
 */
export async function requestFrom(
  body: JobFromRequest,
  { spec }: Source,
  { datasets }: Pick<Deps, 'datasets'>,
): Promise<JobRequest> {
  const whole = wholeRequest(body, spec);
  const { normalization } = whole;
  const { channels } = await datasetOf(whole, datasets);
  if (body.normalization !== undefined || typeof normalization !== 'object' || channels !== 1) return whole;
  const average = (values: readonly number[]) => [values.reduce((sum, value) => sum + value, 0) / values.length];
  return { ...whole, normalization: { mean: average(normalization.mean), std: average(normalization.std) } };
}

/** The start as the spec has it. Throws `invalid_request` with a pointer to each field that does not fit. */
export function resolveStart(body: JobFromRequest, spec: JobSpec, source: Source, info: DatasetInfo): StartSpec {
  const mode = body.from.mode ?? (source.header === undefined ? 'fine-tune' : 'continue');
  const errors = [
    ...checkNetwork(body, spec, source, info),
    ...(mode === 'continue' ? checkRun(spec, source, info) : []),
  ];
  if (errors.length > 0) throw refuseFields(errors);
  const head = source.classes === info.classes.length ? 'taken' : 'new';
  const input = source.channels === info.channels ? {} : { input: 'summed' as const };
  return { ...source.origin, sha256: source.sha256, mode: mode satisfies StartMode, head, ...input };
}

/** Weights fit the network that they were trained in, and images of as many channels; those of a model in colour fit grey images too. */
function* checkNetwork(body: JobFromRequest, spec: JobSpec, source: Source, info: DatasetInfo): Generator<FieldError> {
  if (body.network !== undefined && body.network !== source.spec.network)
    yield {
      pointer: '/network',
      message: `must be ${source.spec.network}, the network of ${source.name}, not ${body.network}`,
    };
  const isGreyOfColour = info.channels === 1 && source.channels === 3 && source.origin.model !== undefined;
  if (info.channels === source.channels || isGreyOfColour) return;
  const message = `has images of ${info.channels} channels, and ${source.name} is of ${source.channels}`;
  yield { pointer: '/dataset/name', message: `is ${spec.dataset.name}, which ${message}` };
}

/** Fields that decide what a step of a run is: where they differ, it is another run. */
const FIELDS_OF_RUN: readonly [pointer: string, of: (spec: JobSpec) => unknown][] = [
  ['/dataset/name', ({ dataset }) => dataset.name],
  ['/dataset/trainSamples', ({ dataset }) => dataset.trainSamples],
  ['/dataset/validationSamples', ({ dataset }) => dataset.validationSamples],
  ['/dataset/validation', ({ dataset }) => dataset.validation ?? 'left out'],
  ['/batchSize', ({ batchSize }) => batchSize],
  ['/seed', ({ seed }) => seed],
  ['/optimizer/name', ({ optimizer }) => optimizer.name],
];

/** A run that goes on: the same images in the same order, the same slots and averages, and something left to do. */
function* checkRun(
  spec: JobSpec,
  { spec: before, name, header, classes }: Source,
  info: DatasetInfo,
): Generator<FieldError> {
  const orElse = 'to continue its run; with mode fine-tune it may differ';
  for (const [pointer, of] of FIELDS_OF_RUN) {
    const [then, now] = [of(before), of(spec)];
    if (then !== now) yield { pointer, message: `must be ${then}, as of ${name}, ${orElse}, not ${now}` };
  }
  if (classes !== info.classes.length)
    yield { pointer: '/dataset/name', message: `must have ${classes} classes, as ${name} has, ${orElse}` };
  if (slotsOf(before) !== slotsOf(spec) && before.optimizer.name === spec.optimizer.name)
    yield {
      pointer: '/optimizer',
      message: `must keep the slots that ${name} has (momentum, decay of biases) ${orElse}`,
    };
  if ((before.emaDecay === null) !== (spec.emaDecay === null)) {
    const message = `must be ${before.emaDecay === null ? 'null' : 'a number'}, as of ${name}, ${orElse}`;
    yield { pointer: '/emaDecay', message };
  }
  const { epoch = 1 } = header?.position ?? {};
  if (epoch > spec.epochs) {
    const message = `must be more than ${epoch - 1}, the epochs that ${name} has done, not ${spec.epochs}; or take mode fine-tune`;
    yield { pointer: '/epochs', message };
  }
}

/** Which slots an optimizer keeps, as a word to compare. */
function slotsOf({ optimizer }: JobSpec): string {
  const momentum = optimizer.name === 'sgd' && optimizer.momentum > 0;
  return `${momentum} ${optimizer.weightDecay > 0 && optimizer.decayNormAndBias}`;
}
