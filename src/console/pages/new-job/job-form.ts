/** Fields of the job form, from the contract: kinds, limits, defaults and groups. */
import type { JobSubmission } from 'trainyard';
import generated from './job-form-fields.json' with { type: 'json' };
import { type Json, type JsonObject, valueAt } from './request-draft.js';

export type FormField = Readonly<{
  /** `optimizer.learningRate` */
  path: string;
  /** `lines`: a text of several lines. `switch`: an object that null turns off. */
  kind: 'integer' | 'number' | 'boolean' | 'choice' | 'text' | 'lines' | 'list' | 'switch' | 'json';
  title: string;
  /** Text of the description, with code between back-ticks. */
  description?: string;
  unit?: string;
  choices?: readonly (string | number)[];
  nullable?: boolean;
  default?: Json;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  /** The field exists only if the field `path` has one of these values. */
  when?: Readonly<{ path: string; values: readonly string[] }>;
}>;

export const FIELDS = generated as readonly FormField[];

export type FormGroup = Readonly<{
  id: string;
  title: string;
  /** Says what the group is for, in a few words. */
  hint: string;
  paths: readonly string[];
  /** Shown only after a click, or if one of them is modified or wrong. */
  more: readonly string[];
}>;

/**
 * Groups in the order of the page. A path that ends in `.` stands for all fields below it, except fields that a longer entry names.
 * `*` stands for all fields that are left.
 */
export const GROUPS: readonly FormGroup[] = [
  {
    id: 'network',
    title: 'Network',
    hint: 'What is trained.',
    paths: ['network', 'networkOptions.variant', 'networkOptions.stem'],
    more: ['networkOptions.'],
  },
  {
    id: 'data',
    title: 'Data',
    hint: 'What it is trained on.',
    paths: ['dataset.name', 'dataset.resize', 'dataset.validationSamples'],
    more: ['dataset.', 'normalization', 'classWeights', 'sampler'],
  },
  {
    id: 'run',
    title: 'Run',
    hint: 'How long, and in which batches.',
    paths: ['epochs', 'batchSize', 'earlyStopping', 'earlyStopping.'],
    more: ['microBatchSize', 'maxSeconds', 'precision', 'seed', 'stepInterval'],
  },
  {
    id: 'rate',
    title: 'Optimizer and learning rate',
    hint: 'How the weights change.',
    paths: ['optimizer.name', 'optimizer.learningRate', 'schedule.name', 'schedule.'],
    more: ['optimizer.', 'gradientClipNorm', 'emaDecay'],
  },
  {
    id: 'fine-tuning',
    title: 'Fine-tuning',
    hint: 'Which layers train, and how fast.',
    paths: ['freeze', 'headRate', 'layerDecay'],
    more: ['batchNorm', 'phases'],
  },
  {
    id: 'augmentation',
    title: 'Augmentation and smoothing',
    hint: 'Against overfitting.',
    paths: [
      'augmentation.name',
      'augmentation.flip',
      'augmentation.crop',
      'augmentation.randomResizedCrop',
      'augmentation.randomResizedCrop.',
    ],
    more: ['augmentation.', 'labelSmoothing'],
  },
  {
    id: 'job',
    title: 'Job',
    hint: 'Its name, and its place in the queue.',
    paths: ['name', 'priority'],
    more: ['notes', 'metadata', 'changes', 'webhooks', '*'],
  },
];

/** Titles of fields that name their object. */
const TITLES: Readonly<Record<string, string>> = {
  'optimizer.name': 'Optimizer',
  'schedule.name': 'Schedule',
  'dataset.name': 'Data set',
};
/** Values of tags that a request leaves out. */
const TAGS: Readonly<Record<string, string>> = { 'optimizer.name': 'adam', 'schedule.name': 'constant' };

export const titleOf = ({ path, title }: FormField): string => TITLES[path] ?? title;

/** Returns the default of a field in a request without a starting point. Undefined if it depends on other fields. */
export const defaultOf = ({ path, default: standard }: FormField): Json | undefined => standard ?? TAGS[path];

/**
 * Returns the value that the service would use: the request's, else the default, else that of `spec`, which the plan has resolved. With a
 * starting point there are no defaults, and without a plan `spec` is the starting point's.
 */
export function effectiveValue(path: string, request: JsonObject, spec: JsonObject | undefined): Json | undefined {
  const own = valueAt(request, path);
  if (own !== undefined) return own;
  const resolved = spec && valueAt(spec, path);
  // Fields of the job itself, such as its priority, are not part of a spec.
  if ('from' in request && resolved !== undefined) return resolved;
  const field = fieldAt(path, request, spec);
  if ('from' in request) return path === 'priority' ? field?.default : undefined;
  if (isOfPreset(path, request)) return spec && (resolved ?? field?.default);
  return (field && defaultOf(field)) ?? resolved;
}

/** Returns whether the preset of the request, not the defaults, decides about a field that it leaves out. */
export const isOfPreset = (path: string, request: JsonObject): boolean =>
  /^(augmentation\.|labelSmoothing$)/.test(path) && valueAt(request, 'augmentation.name') !== undefined;

/** Returns the field at a path as the request has it, or undefined if it has no such field. */
export const fieldAt = (path: string, request: JsonObject, spec: JsonObject | undefined): FormField | undefined =>
  FIELDS.find((field) => field.path === path && exists(field, request, spec));

/** Fields that a recipe of a starting point sets. */
export const OF_RECIPE: readonly string[] = ['freeze', 'headRate', 'layerDecay', 'batchNorm', 'phases'];

/** Paths of objects that null turns off. */
const SWITCHES = FIELDS.filter(({ kind }) => kind === 'switch').map(({ path }) => path);

/** Returns whether an object that null turns off is on. */
function isOn(path: string, request: JsonObject, spec: JsonObject | undefined): boolean {
  const value = effectiveValue(path, request, spec);
  return value !== null && value !== undefined;
}

/** Returns whether the request has this field, by the recipe, network, optimizer or schedule that it names. */
export function exists({ path, when }: FormField, request: JsonObject, spec: JsonObject | undefined): boolean {
  if ('from' in request && (path === 'network' || (path.startsWith('networkOptions.') && !path.endsWith('.dropRate'))))
    return false;
  if (OF_RECIPE.includes(path) && valueAt(request, 'from.recipe') !== undefined) return false;
  const parent = SWITCHES.find((name) => path.startsWith(`${name}.`));
  if (parent !== undefined && !isOn(parent, request, spec)) return false;
  if (when === undefined) return true;
  const tag = when.path === 'network' && 'from' in request ? spec?.['network'] : tagValue(when.path, request, spec);
  return tag === undefined || when.values.includes(String(tag));
}

function tagValue(path: string, request: JsonObject, spec: JsonObject | undefined): Json | undefined {
  const own = valueAt(request, path);
  if (own !== undefined) return own;
  return 'from' in request ? spec && valueAt(spec, path) : TAGS[path];
}

const ENTRIES = GROUPS.flatMap(({ paths, more }) => [...paths, ...more]).sort((a, b) => b.length - a.length);

/** Returns the entry of a group that a field belongs to: the longest that fits. */
const entryOf = (path: string): string =>
  ENTRIES.find((entry) => path === entry || (entry.endsWith('.') && path.startsWith(entry))) ?? '*';

/** Returns the fields of a group that the request has: first those always shown, then the others. */
export function fieldsOfGroup(group: FormGroup, request: JsonObject, spec: JsonObject | undefined) {
  const present = FIELDS.filter((field) => exists(field, request, spec) && !field.path.startsWith('from.'));
  const select = (entries: readonly string[]): FormField[] =>
    entries.flatMap((entry) => present.filter(({ path }) => entryOf(path) === entry));
  return { shown: unique(select(group.paths)), more: unique(select(group.more)) };
}

/** A field has one entry for each network; without a known network the first counts. */
const unique = (fields: readonly FormField[]): FormField[] =>
  fields.filter((field, index) => fields.findIndex(({ path }) => path === field.path) === index);

/** Returns the group of the field to which a JSON Pointer leads. */
export function pathOfPointer(pointer: string): string | undefined {
  const parts = pointer.split('/').slice(1);
  for (let count = parts.length; count > 0; count--) {
    const path = parts.slice(0, count).join('.');
    if (FIELDS.some((field) => field.path === path)) return path;
  }
  const [first = ''] = parts;
  if (first === 'optimizer' || first === 'schedule' || first === 'dataset' || first === 'augmentation')
    return `${first}.name`;
  return first === 'networkOptions' ? 'networkOptions.variant' : undefined;
}

/** A request as the client takes it. The service checks it. */
export const submissionOf = (request: JsonObject): JobSubmission => request as unknown as JobSubmission;

/** Returns a message of the service with the titles of the form instead of names such as `dataset.trainSamples` or `batchSize`. */
export function inFormWords(message: string): string {
  return message.replace(/\b[a-z]\w*(\.[a-z]\w*)*/g, (word) => {
    // A plain word, such as "epochs", may be meant as a word.
    if (!/[.A-Z]/.test(word)) return word;
    const field = FIELDS.find(({ path }) => path === word || path.endsWith(`.${word}`));
    return field === undefined ? word : `“${titleOf(field)}”`;
  });
}
