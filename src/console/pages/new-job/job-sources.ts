/** Sources of a job request: recipes, jobs and models to copy, and starting points. */
import type { Job, ModelVersion } from 'trainyard';
import { SAMPLE_JOB } from '../../data/sample-job.js';
import { client, isGone } from '../../data/service.js';
import { requestOfJob } from '../../data/submitted-job.js';
import { FIELDS, submissionOf } from './job-form.js';
import { isObject, isSame, type JsonObject, pathsOf, valueAt, withValue } from './request-draft.js';

/** What Vite replaces when it builds the console. */
type Bundler = Readonly<{ glob(pattern: string, options: object): Readonly<Record<string, JsonObject>> }>;

/** The recipes of examples/recipes, bundled when the console is built. */
const files = (import.meta as unknown as Bundler).glob('../../../../examples/recipes/*.json', {
  eager: true,
  import: 'default',
});

/** `purpose`: what the recipe is for, a sentence. */
export type Recipe = Readonly<{ name: string; purpose: string; request: JsonObject }>;

/** The job of the first page. */
const SAMPLE: Recipe = {
  name: 'sample',
  purpose: 'A first model on part of Fashion-MNIST, in about a minute.',
  request: SAMPLE_JOB as unknown as JsonObject,
};

/** The notes of a recipe say what it is for. A job with other settings must not have them. */
const recipeOf = (file: string, { notes = '', ...request }: JsonObject): Recipe => ({
  name: file.replace(/^.*\/|\.json$/g, ''),
  purpose: String(notes),
  request,
});

export const RECIPES: readonly Recipe[] = [
  SAMPLE,
  ...Object.entries(files)
    .map(([file, content]) => recipeOf(file, content))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
];

/** A job or a model that a query names: `job:<id>`, `model:<name>@<version>`, or one of both without its kind. */
export type RequestSource = Readonly<{ kind: 'job' | 'model'; name: string; checkpoint?: string }>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseSource(text: string): RequestSource | undefined {
  const [, kind, rest = ''] = /^(?:(job|model):)?(.+)$/.exec(text) ?? [];
  if (rest === '') return undefined;
  const [name = '', checkpoint] = rest.split('@');
  if (kind === 'job' || (kind === undefined && UUID.test(name)))
    return { kind: 'job', name, ...(checkpoint !== undefined && { checkpoint }) };
  return { kind: 'model', name: rest };
}

/**
 * Resolves with the request that starts from the weights of a source: it continues a job, or fine-tunes a model. A job that has trained all
 * its epochs gets as many again.
 */
export async function requestFrom({ kind, name, checkpoint }: RequestSource, signal: AbortSignal): Promise<JsonObject> {
  if (kind === 'model') return { from: { model: name, mode: 'fine-tune' } };
  const { spec, scores } = await client.jobs.get(name, { signal });
  const done = scores?.epoch ?? 0;
  const isDone = done >= spec.epochs && (checkpoint === undefined || checkpoint === 'last');
  const epoch = Number(checkpoint);
  const which = checkpoint === undefined ? undefined : Number.isInteger(epoch) ? epoch : checkpoint;
  return {
    from: { job: name, ...(which !== undefined && { checkpoint: which }), mode: 'continue' },
    ...(isDone && { epochs: done + spec.epochs }),
  };
}

/** Resolves with the spec of the starting point of a request; undefined if it has none. */
export async function specOfStart({ from }: JsonObject, signal: AbortSignal): Promise<JsonObject | undefined> {
  if (!isObject(from)) return undefined;
  if (typeof from['job'] === 'string') return asObject((await client.jobs.get(from['job'], { signal })).spec);
  return typeof from['model'] === 'string' ? asObject((await manifestOf(from['model'], signal)).spec) : undefined;
}

const asObject = (value: object): JsonObject => value as unknown as JsonObject;

/** Resolves with a request that has the settings of a source as they were submitted. */
export async function requestLike({ kind, name }: RequestSource, signal: AbortSignal): Promise<JsonObject> {
  if (kind === 'job') return requestOfJob(await client.jobs.get(name, { signal })) as JsonObject;
  const { spec, jobId } = await manifestOf(name, signal);
  const job = jobId === undefined ? undefined : await jobIfKept(jobId, signal);
  if (job !== undefined) return requestOfJob(job) as JsonObject;
  return requestOfSpec(asObject(spec), await defaultsOf(asObject(spec), signal));
}

/** Resolves with a job, or with undefined if it was deleted. */
async function jobIfKept(id: string, signal: AbortSignal): Promise<Job | undefined> {
  try {
    return await client.jobs.get(id, { signal });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Resolves with the manifest of `name`, `name@3` or `name@label`. */
async function manifestOf(reference: string, signal: AbortSignal): Promise<ModelVersion['manifest']> {
  const [name = '', version] = reference.split('@');
  if (version !== undefined && /^\d+$/.test(version)) {
    return (await client.models.version(name, Number(version), { signal })).manifest;
  }
  const { latest, labels } = await client.models.get(name, { signal });
  if (version === undefined) return latest;
  const labelled = labels[version];
  if (labelled === undefined) throw new Error(`${name} has no label ${version}.`);
  return (await client.models.version(name, labelled, { signal })).manifest;
}

/** Values that say what a spec is about. The defaults of the others follow from them. */
const NAMES = [
  ...['network', 'networkOptions.variant', 'networkOptions.stem'],
  ...['dataset.name', 'optimizer.name', 'schedule.name'],
];

/** Resolves with the spec of a job that only names what `spec` is about. Undefined if there is no such job, for example without the data set. */
async function defaultsOf(spec: JsonObject, signal: AbortSignal): Promise<JsonObject | undefined> {
  const named = NAMES.reduce<JsonObject>((request, path) => withValue(request, path, valueAt(spec, path)), {});
  const plan = await client.jobs.plan(submissionOf(named), { signal }).catch(() => undefined);
  return plan && asObject(plan.spec);
}

/** Fields of a spec that a request has no field for. */
const DERIVED = ['precisionReason', 'from'];

/** Returns the values of a spec that differ from the defaults of the contract and from those that `defaults` has. */
export function requestOfSpec(spec: JsonObject, defaults: JsonObject | undefined): JsonObject {
  let request: JsonObject = {};
  for (const path of pathsOf(spec)) {
    if (DERIVED.includes(path.split('.')[0] ?? '')) continue;
    const value = valueAt(spec, path);
    const field = FIELDS.find((each) => each.path === path && holds(each.when, spec));
    const derived = NAMES.includes(path) || defaults === undefined ? undefined : valueAt(defaults, path);
    const isDefault = [field?.default, derived].some((each) => each !== undefined && isSame(each, value));
    if (value !== undefined && !isDefault) request = withValue(request, path, value);
  }
  return withoutDerived(withDrawOf(spec, request), spec);
}

/** Adds that the validation images are not stratified, if a spec of an earlier version drew them so. The default is another now. */
function withDrawOf(spec: JsonObject, request: JsonObject): JsonObject {
  const draws = Number(valueAt(spec, 'dataset.validationSamples') ?? 0) > 0;
  const isKnown = ['dataset.validation', 'dataset.stratified'].some((path) => valueAt(spec, path) !== undefined);
  return draws && !isKnown ? withValue(request, 'dataset.stratified', false) : request;
}

const holds = (when: Readonly<{ path: string; values: readonly string[] }> | undefined, spec: JsonObject): boolean =>
  when === undefined || when.values.includes(String(valueAt(spec, when.path)));

/** Removes values that follow from others: the standard names, and micro batches as large as the batch. */
function withoutDerived(request: JsonObject, spec: JsonObject): JsonObject {
  let left = request;
  const drop = (path: string, isDerived: boolean): void => {
    if (isDerived) left = withValue(left, path, undefined);
  };
  drop('microBatchSize', isSame(spec['microBatchSize'], spec['batchSize']));
  drop('optimizer.name', valueAt(left, 'optimizer.name') === 'adam');
  drop('schedule.name', valueAt(left, 'schedule.name') === 'constant');
  // Imported weights have the data set `unknown`.
  drop('dataset.name', valueAt(left, 'dataset.name') === 'unknown');
  return left;
}
