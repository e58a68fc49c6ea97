/** Explanation of Ajv's errors: one message for each wrong field. Of a union, only the branch that the client meant is reported. */
import type { ErrorObject } from 'ajv';
import type { FieldError } from '../../errors/errors.js';
import { nearest } from '../../spelling/nearest-words.js';
import { hintOf, type SuggestionSchema, suggestFields, suggestOption } from './suggestions.js';

type Schema = SuggestionSchema &
  Readonly<{
    type?: string;
    anyOf?: readonly Schema[];
    properties?: Readonly<Record<string, Schema>>;
    description?: string;
    /** A secret: messages do not show its value. */
    writeOnly?: boolean;
    required?: readonly string[];
  }>;

/** Returns the wrong fields, each with a JSON Pointer. Ajv must run with `verbose`. `root` is the schema that was validated. */
export function explain(errors: readonly ErrorObject[], root: SuggestionSchema): FieldError[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const ignored = new Set<ErrorObject>();
  const fields: FieldError[] = [];
  // From the outside in, so that unions within an ignored branch are ignored too.
  for (const union of unions.toSorted((a, b) => a.schemaPath.length - b.schemaPath.length)) {
    if (ignored.has(union)) continue;
    const branches = union.schema as readonly Schema[];
    const chosen = chooseBranch(branches, union.data);
    const within = branches.map((_, index) => errors.filter(isWithin(`${union.schemaPath}/${index}/`)));
    const reported = new Set(chosen === undefined ? commonErrors(within, union, branches) : within[chosen]);
    for (const error of within.flat()) if (!reported.has(error)) ignored.add(error);
    if (chosen === undefined) fields.push(unionError(branches, union.instancePath, union.data));
  }
  const reported = errors.filter(
    (error) => error.keyword !== 'anyOf' && error.keyword !== 'propertyNames' && !ignored.has(error),
  );
  return distinct([...fields, ...reported.map((error) => fieldError(error, root))]);
}

const isWithin =
  (prefix: string) =>
  ({ schemaPath }: ErrorObject): boolean =>
    schemaPath.startsWith(prefix);

/** Returns the errors that all branches of a union of objects have in common, except that of the tag. */
function commonErrors(
  within: readonly (readonly ErrorObject[])[],
  { schemaPath, instancePath, data }: ErrorObject,
  branches: readonly Schema[],
): readonly ErrorObject[] {
  if (!isObject(data)) return [];
  const byKey = within.map((errors, index) => {
    const prefix = `${schemaPath}/${index}/`;
    const key = (error: ErrorObject) =>
      `${error.schemaPath.slice(prefix.length)} ${error.instancePath} ${JSON.stringify(error.params)}`;
    return new Map(errors.map((error) => [key(error), error]));
  });
  const tagPointer = `${instancePath}/${tagOf(branches)}`;
  const [first = new Map<string, ErrorObject>()] = byKey;
  return [...first]
    .filter(([key, error]) => error.instancePath !== tagPointer && byKey.every((errors) => errors.has(key)))
    .map(([, error]) => error);
}

/** Returns the field that tags the branches of a union of objects: they have it as a constant. */
const tagOf = (branches: readonly Schema[]): 'network' | 'name' =>
  branches.some(({ properties }) => properties?.['network']?.const !== undefined) ? 'network' : 'name';

/** Returns the index of an untagged branch with a required field that no other branch has, as `from` of a job; -1 if there is none. */
function untaggedBranch(branches: readonly Schema[], data: unknown, tag: string): number {
  if (!isObject(data)) return -1;
  const count = (name: string) => branches.filter(({ properties }) => properties?.[name] !== undefined).length;
  return branches.findIndex(
    ({ properties, required = [] }) =>
      properties?.[tag]?.const === undefined && required.some((name) => name in data && count(name) === 1),
  );
}

/** Returns the type of a schema; of a nested union, that of its first branch. */
const typeOf = ({ type, anyOf = [] }: Schema): string | undefined => type ?? anyOf[0]?.type;

/** Returns the index of the branch that the client meant: the only one of its type, or the object with its tag. */
function chooseBranch(branches: readonly Schema[], data: unknown): number | undefined {
  const objects = [...branches.keys()].filter((i) => typeOf(branches[i] ?? {}) === 'object');
  if (isObject(data) && objects.length === 1) return objects[0];
  const tag = tagOf(branches);
  const untagged = untaggedBranch(branches, data, tag);
  if (untagged >= 0) return untagged;
  const index = branches.findIndex(({ type, const: only, enum: values, properties, required = [] }) => {
    if (!isObject(data)) return isOfType(type, data) && only === undefined && values === undefined;
    if (tag in data) return properties?.[tag]?.const === data[tag];
    return properties?.[tag]?.const !== undefined && !required.includes(tag);
  });
  return index === -1 ? undefined : index;
}

const kindOf = (data: unknown): string => (Array.isArray(data) ? 'array' : typeof data);

const isOfType = (type: string | undefined, data: unknown): boolean =>
  type === kindOf(data) || (type === 'integer' && Number.isInteger(data));

const isObject = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/** Returns the error of a value that fits no branch of a union. */
function unionError(branches: readonly Schema[], pointer: string, data: unknown): FieldError {
  if (!isObject(data)) {
    const kinds = new Set(branches.flatMap(alternatives));
    const hint = hintOf(similarChoices(branches, data));
    return { pointer, message: `must be ${[...kinds].join(' or ')}, not ${show(data)}${hint}` };
  }
  const tag = tagOf(branches);
  if (!(tag in data)) return { pointer: `${pointer}/${tag}`, message: 'is required' };
  const constants = branches
    .map(({ properties }) => properties?.[tag]?.const)
    .filter((constant) => constant !== undefined);
  const hint = hintOf(similarTags(tag, data[tag], constants, branches));
  return { pointer: `${pointer}/${tag}`, message: `must be ${oneOf(constants)}, not ${show(data[tag])}${hint}` };
}

/** Returns the values or the kind of value that a branch accepts, as text. */
function alternatives({ type = '', const: only, enum: values, anyOf }: Schema): string[] {
  if (only !== undefined) return [show(only)];
  if (anyOf !== undefined) return anyOf.flatMap(alternatives);
  return values?.map(show) ?? [TYPE_NAMES[type] ?? type];
}

/** Returns the allowed strings of a union that are similar to a value, and objects whose name is. */
function similarChoices(branches: readonly Schema[], data: unknown): string[] {
  if (typeof data !== 'string') return [];
  const flat = branches.flatMap(({ anyOf, ...branch }) => anyOf ?? [branch]);
  const strings = flat.flatMap(({ const: only, enum: values = [] }) => [...values, only]).filter(isString);
  const similar = nearest(data, strings).map(show);
  if (similar.length > 0) return similar;
  const objects = flat.flatMap(({ properties, required = [] }) => {
    const name = properties?.['name']?.const;
    return isString(name) ? [{ name, others: required.filter((field) => field !== 'name') }] : [];
  });
  const [best] = nearest(
    data,
    objects.map(({ name }) => name),
  );
  const found = objects.find(({ name }) => name === best);
  if (found === undefined) return [];
  return [`{"name":${show(found.name)}${found.others.map((field) => `,"${field}":…`).join('')}}`];
}

const isString = (value: unknown): value is string => typeof value === 'string';

/** Returns the tags that are similar to a value, or the object in which it is an option. */
function similarTags(tag: string, value: unknown, tags: readonly unknown[], branches: readonly Schema[]): string[] {
  if (!isString(value)) return [];
  const option = suggestOption(tag, value, branches);
  return option === undefined ? nearest(value, tags.filter(isString)).map(show) : [option];
}

/** Returns the hint for a value that is similar to allowed ones. */
const hintFor = (value: unknown, values: readonly unknown[] = []): string =>
  isString(value) ? hintOf(nearest(value, values.filter(isString)).map(show)) : '';

function fieldError(error: ErrorObject, root: SuggestionSchema): FieldError {
  const { keyword, instancePath, propertyName } = error;
  // An invalid field name is reported with the pointer of the field.
  const pointer = propertyName === undefined ? instancePath : `${instancePath}/${segment(propertyName)}`;
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = (error.parentSchema ?? {}) as Schema;
  switch (keyword) {
    case 'required':
      return { pointer: `${pointer}/${segment(params['missingProperty'])}`, message: 'is required' };
    case 'additionalProperties':
      return unknownField(pointer, String(params['additionalProperty']), schema, root);
    default:
      return { pointer, message: messageOf(error, schema) ?? limitMessage(error, schema) };
  }
}

/** Maximum number of fields of an object that a refusal lists in full. */
const MAX_LISTED_FIELDS = 8;

function unknownField(pointer: string, name: string, schema: Schema, root: SuggestionSchema): FieldError {
  const known = Object.keys(schema.properties ?? {});
  const suggestions = suggestFields([...pointer.split('/').slice(1), name], known, root);
  return {
    pointer: `${pointer}/${segment(name)}`,
    message: `is not a known field${suggestions.length > 0 ? hintOf(suggestions) : listed(known)}`,
  };
}

function listed(known: readonly string[]): string {
  if (known.length === 0) return ': none is allowed';
  return known.length <= MAX_LISTED_FIELDS ? `: allowed are ${known.join(', ')}` : ': /docs lists the fields';
}

/** Returns the message of an error about the kind or form of a value; undefined for other keywords. */
function messageOf({ keyword, params, data }: ErrorObject, schema: Schema): string | undefined {
  const not = schema.writeOnly === true ? '' : `, not ${show(data)}`;
  if (keyword === 'enum' || (keyword === 'type' && schema.enum !== undefined))
    return `must be ${oneOf(schema.enum ?? [])}${not}${hintFor(data, schema.enum)}`;
  switch (keyword) {
    case 'type':
      return `must be ${TYPE_NAMES[String(params['type'])] ?? params['type']}${not}`;
    case 'const':
      return `must be ${show(params['allowedValue'])}${not}`;
    case 'minLength':
      return 'must not be empty';
    case 'pattern': {
      const value = schema.writeOnly === true ? 'a value' : show(data);
      const form = schema.description ?? `Pattern: ${params['pattern']}`;
      return `is ${value}, which is not allowed. ${form}`.replace(/\.$/, '');
    }
    default:
      return undefined;
  }
}

/** Returns the message of an error about a limit. */
function limitMessage({ keyword, params, data, message }: ErrorObject, { writeOnly, properties = {} }: Schema): string {
  const { limit } = params as Readonly<Record<string, unknown>>;
  const not = writeOnly === true ? '' : `, not ${show(data)}`;
  switch (keyword) {
    case 'minimum':
      return `must be at least ${limit}${not}`;
    case 'maximum':
      return `must be at most ${limit}${not}`;
    case 'exclusiveMinimum':
      return `must be greater than ${limit}${not}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}${not}`;
    case 'minItems':
      return `must have at least ${limit} items, not ${lengthOf(data)}`;
    case 'maxItems':
      return `must have at most ${limit} items, not ${lengthOf(data)}`;
    case 'maxLength':
      return `must have at most ${limit} characters, not ${String(data).length}`;
    case 'uniqueItems':
      return `has ${show(repeatedIn(data))} twice: list each item once`;
    case 'maxProperties':
      return `must have at most ${limit} fields, not ${Object.keys(Object(data)).length}`;
    case 'minProperties':
      return `must have at least ${limit} of the fields ${Object.keys(properties).join(', ')}`;
    default:
      return message ?? 'is not valid';
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
};

/** Returns the first item of a list that occurred before. */
function repeatedIn(data: unknown): unknown {
  const seen = new Set<string>();
  const items = Array.isArray(data) ? (data as unknown[]) : [];
  return items.find((item) => seen.size === seen.add(JSON.stringify(item)).size);
}

const lengthOf = (data: unknown): number => (Array.isArray(data) ? data.length : 0);

/** Returns a field name as a part of a JSON Pointer, shortened. */
const segment = (name: unknown): string => String(name).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');

const oneOf = (values: readonly unknown[]): string => `one of ${values.map(show).join(', ')}`;

/** Returns a value for a message: short, and without the content of lists and objects. */
function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number beyond the range of doubles';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 100) : value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function distinct(fields: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>();
  return fields.filter(({ pointer, message }) => {
    const key = `${pointer} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
