/** Generates the fields of the console's job form from the contract. */
import { JobSubmission } from '../contracts/submission/job-from.js';

/** The parts of a JSON Schema that a form is made of. */
type Schema = Readonly<{
  type?: string;
  title?: string;
  description?: string;
  const?: unknown;
  enum?: readonly unknown[];
  default?: unknown;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  'x-unit'?: string;
  examples?: readonly unknown[];
}>;

/** A field exists if the field `path` has one of the values. */
type Condition = Readonly<{ path: string; values: readonly string[] }>;
type FormField = Readonly<Record<string, unknown> & { path: string; when?: Condition | undefined }>;

/** Objects of free names, and lists of objects: the form shows their JSON. */
const AS_JSON = new Set(['metadata', 'changes', 'webhooks', 'phases']);
/** A text that may be longer gets several lines. */
const LONG = 1_000;
const LIMITS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;

const branchesOf = (schema: Schema): readonly Schema[] => {
  const inner = schema.anyOf ?? schema.oneOf;
  return inner === undefined ? [schema] : inner.flatMap(branchesOf);
};

/** Returns the constant of a property that tells the branches of a union apart. */
function tagOf({ properties = {} }: Schema): { name: string; value: string } | undefined {
  const tag = Object.entries(properties).find(([name, { const: value }]) => /^(network|name)$/.test(name) && value);
  return tag && { name: tag[0], value: String(tag[1].const) };
}

/** Returns the fields of an object with the given path. */
function fieldsOf(schema: Schema, prefix: string, when?: Condition): FormField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const branches = branchesOf(property);
    const objects = branches.filter(({ properties }) => properties !== undefined);
    if (AS_JSON.has(path) || objects.length === 0) return [fieldOf(path, property, when)];
    if (path === 'normalization') return [fieldOf(path, property, when)];
    return [...ownFieldOf(path, property, when), ...objects.flatMap((object) => taggedFields(object, path, when))];
  });
}

/** Returns a switch for an object that may be null. */
function ownFieldOf(path: string, schema: Schema, when?: Condition): FormField[] {
  if (!branchesOf(schema).some(({ type }) => type === 'null')) return [];
  return [{ path, kind: 'switch', ...textsOf(schema), default: null, ...(when && { when }) }];
}

function taggedFields(object: Schema, path: string, when?: Condition): FormField[] {
  const tag = tagOf(object);
  const condition = tag ? { path: `${path}.${tag.name}`, values: [tag.value] } : when;
  return fieldsOf(object, path, condition).map((field) =>
    field.path === condition?.path ? { ...field, when: undefined } : field,
  );
}

function fieldOf(path: string, schema: Schema, when?: Condition): FormField {
  const branches = branchesOf(schema);
  const found = branches.find(({ type }) => type !== 'null') ?? schema;
  const limits = Object.fromEntries(LIMITS.flatMap((name) => (found[name] === undefined ? [] : [[name, found[name]]])));
  return {
    path,
    kind: kindOf(path, branches),
    ...textsOf(schema),
    ...choicesOf(branches),
    ...limits,
    ...(branches.some(({ type }) => type === 'null') && { nullable: true }),
    ...(schema.default !== undefined && { default: schema.default }),
    ...(when && { when }),
  };
}

function kindOf(path: string, branches: readonly Schema[]): string {
  if (AS_JSON.has(path)) return 'json';
  const [first = {}] = branches.filter(({ type }) => type !== 'null');
  if (branches.some((branch) => branch.enum !== undefined || branch.const !== undefined)) return 'choice';
  if (first.type === 'array') return 'list';
  if (first.type === 'string') return (first.maxLength ?? 0) > LONG ? 'lines' : 'text';
  return first.type ?? 'json';
}

function choicesOf(branches: readonly Schema[]) {
  const choices = branches.flatMap(({ enum: words, const: word }) => words ?? (word === undefined ? [] : [word]));
  return choices.length === 0 ? {} : { choices };
}

const textsOf = ({ title, description, 'x-unit': unit }: Schema) => ({
  title: title ?? '',
  ...(description !== undefined && { description }),
  ...(unit !== undefined && { unit }),
});

/** Merges fields that differ only in their condition, and lists all choices of a tag. */
function merge(fields: readonly FormField[]): FormField[] {
  const merged: FormField[] = [];
  for (const field of fields) {
    const twin = merged.findIndex((other) => bare(other) === bare(field));
    const known = merged[twin];
    if (known === undefined) merged.push(field);
    else if (known.when && field.when) {
      const values = [...new Set([...known.when.values, ...field.when.values])];
      merged[twin] = { ...known, when: { path: known.when.path, values } };
    }
  }
  return merged;
}

/** Returns the text of a field without its condition, and for a tag without its choices. */
function bare({ when: _, choices, title, ...field }: FormField): string {
  const isTag = /^(network|optimizer\.name|schedule\.name)$/.test(field.path);
  return isTag ? field.path : JSON.stringify([field, choices, title]);
}

/** Returns all values of a tag. */
function tagChoices(fields: readonly FormField[], path: string): unknown[] {
  return [...new Set(fields.filter((field) => field.path === path).flatMap(({ choices }) => choices as unknown[]))];
}

/** Returns the content of src/console/pages/new-job/job-form-fields.json. */
export function writeJobForm(): string {
  const branches = branchesOf(JobSubmission as unknown as Schema);
  const fields = branches.flatMap((branch) => {
    const network = branch.properties?.['network']?.const;
    const when = network === undefined ? undefined : { path: 'network', values: [String(network)] };
    const { networkOptions, ...others } = branch.properties ?? {};
    const ofNetwork = network === undefined ? [] : fieldsOf({ properties: { networkOptions } as never }, '', when);
    const rest = network === undefined ? { from: others['from'] } : others;
    return [...ofNetwork, ...fieldsOf({ properties: rest as never }, '')];
  });
  const shown = merge(fields).map((field) =>
    tagChoices(fields, field.path).length > 0 && bare(field) === field.path
      ? { ...field, choices: tagChoices(fields, field.path) }
      : field,
  );
  return `${JSON.stringify(
    shown.map(({ when, ...field }) => ({ ...field, ...(when && { when }) })),
    null,
    1,
  )}\n`;
}
