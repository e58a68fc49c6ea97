/** Ajv's errors as one sentence a field. Of a union only the branch that was meant is heard. */
import type { ErrorObject } from 'ajv';
import type { FieldError } from '../../errors/errors.js';

type Schema = Readonly<{
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Readonly<Record<string, Schema>>;
  description?: string;
  /** A secret: its value is not shown. */
  writeOnly?: boolean;
  required?: readonly string[];
}>;

/** The errors as fields, each with a JSON Pointer. Ajv must run with `verbose`. */
export function explain(errors: readonly ErrorObject[]): FieldError[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const silenced = new Set<ErrorObject>();
  const fields: FieldError[] = [];
  // From the outside in: a union within a branch that was not meant is not heard either.
  for (const union of unions.toSorted((a, b) => a.schemaPath.length - b.schemaPath.length)) {
    if (silenced.has(union)) continue;
    const branches = union.schema as readonly Schema[];
    const chosen = chooseBranch(branches, union.data);
    const within = branches.map((_, index) => errors.filter(isWithin(`${union.schemaPath}/${index}/`)));
    const heard = new Set(chosen === undefined ? commonErrors(within, union, branches) : within[chosen]);
    for (const error of within.flat()) if (!heard.has(error)) silenced.add(error);
    if (chosen === undefined) fields.push(unionError(branches, union.instancePath, union.data));
  }
  const heard = errors.filter(
    (error) => error.keyword !== 'anyOf' && error.keyword !== 'propertyNames' && !silenced.has(error),
  );
  return distinct([...fields, ...heard.map(fieldError)]);
}

const isWithin =
  (prefix: string) =>
  ({ schemaPath }: ErrorObject): boolean =>
    schemaPath.startsWith(prefix);

/** Where no branch of a union of objects is meant: what each of them finds wrong, but for the field that tells them apart. */
function commonErrors(
  within: readonly (readonly ErrorObject[])[],
  { schemaPath, instancePath, data }: ErrorObject,
  branches: readonly Schema[],
): readonly ErrorObject[] {
  if (!isObject(data)) return [];
  const known = within.map((errors, index) => {
    const prefix = `${schemaPath}/${index}/`;
    const key = (error: ErrorObject) =>
      `${error.schemaPath.slice(prefix.length)} ${error.instancePath} ${JSON.stringify(error.params)}`;
    return new Map(errors.map((error) => [key(error), error]));
  });
  const telling = `${instancePath}/${tellingField(branches)}`;
  const [first = new Map<string, ErrorObject>()] = known;
  return [...first]
    .filter(([key, error]) => error.instancePath !== telling && known.every((errors) => errors.has(key)))
    .map(([, error]) => error);
}

/** The field by which unions of objects are told apart: their branches have it as a constant. */
const tellingField = (branches: readonly Schema[]): 'network' | 'name' =>
  branches.some(({ properties }) => properties?.['network']?.const !== undefined) ? 'network' : 'name';

/** The branch without the telling constant, told by a field that it alone knows and needs, as `from` of a job. */
function branchOfItsField(branches: readonly Schema[], data: unknown, field: string): number {
  if (!isObject(data)) return -1;
  const knows = (name: string) => branches.filter(({ properties }) => properties?.[name] !== undefined).length;
  return branches.findIndex(
    ({ properties, required = [] }) =>
      properties?.[field]?.const === undefined && required.some((name) => name in data && knows(name) === 1),
  );
}

/** The branch that a value was meant for: the only one of its type, or of its telling field where there are several kinds of objects. */
function chooseBranch(branches: readonly Schema[], data: unknown): number | undefined {
  const objects = [...branches.keys()].filter((i) => branches[i]?.type === 'object');
  if (isObject(data) && objects.length === 1) return objects[0];
  const field = tellingField(branches);
  const own = branchOfItsField(branches, data, field);
  if (own >= 0) return own;
  const index = branches.findIndex(({ type, const: only, enum: values, properties, required = [] }) => {
    if (!isObject(data)) return type === typeof data && only === undefined && values === undefined;
    if (field in data) return properties?.[field]?.const === data[field];
    return properties?.[field]?.const !== undefined && !required.includes(field);
  });
  return index === -1 ? undefined : index;
}

const isObject = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

function unionError(branches: readonly Schema[], pointer: string, data: unknown): FieldError {
  if (!isObject(data)) {
    const kinds = new Set(branches.flatMap(alternatives));
    return { pointer, message: `must be ${[...kinds].join(' or ')}, not ${show(data)}` };
  }
  const field = tellingField(branches);
  if (!(field in data)) return { pointer: `${pointer}/${field}`, message: 'is required' };
  const constants = branches.map(({ properties }) => properties?.[field]?.const);
  const names = oneOf(constants.filter((constant) => constant !== undefined));
  return { pointer: `${pointer}/${field}`, message: `must be ${names}, not ${show(data[field])}` };
}

/** The values or the kind of value that a branch of a union accepts, in words. */
function alternatives({ type = '', const: only, enum: values }: Schema): string[] {
  if (only !== undefined) return [show(only)];
  return values?.map(show) ?? [TYPE_NAMES[type] ?? type];
}

function fieldError(error: ErrorObject): FieldError {
  const { keyword, instancePath, propertyName, data } = error;
  // What is wrong with the name of a field is said of the field.
  const pointer = propertyName === undefined ? instancePath : `${instancePath}/${segment(propertyName)}`;
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = (error.parentSchema ?? {}) as Schema;
  const not = schema.writeOnly === true ? '' : `, not ${show(data)}`;
  switch (keyword) {
    case 'required':
      return { pointer: `${pointer}/${segment(params['missingProperty'])}`, message: 'is required' };
    case 'additionalProperties': {
      const known = Object.keys(schema.properties ?? {}).join(', ');
      const allowed = known === '' ? 'none is allowed' : `allowed are ${known}`;
      return {
        pointer: `${pointer}/${segment(params['additionalProperty'])}`,
        message: `is not a known field; ${allowed}`,
      };
    }
    case 'enum':
      return { pointer, message: `must be ${oneOf(schema.enum ?? [])}${not}` };
    case 'type':
      if (schema.enum !== undefined) return { pointer, message: `must be ${oneOf(schema.enum)}${not}` };
      return { pointer, message: `must be ${TYPE_NAMES[String(params['type'])] ?? params['type']}${not}` };
    case 'minimum':
      return { pointer, message: `must be at least ${params['limit']}${not}` };
    case 'maximum':
      return { pointer, message: `must be at most ${params['limit']}${not}` };
    case 'exclusiveMinimum':
      return { pointer, message: `must be greater than ${params['limit']}${not}` };
    case 'exclusiveMaximum':
      return { pointer, message: `must be less than ${params['limit']}${not}` };
    case 'const':
      return { pointer, message: `must be ${show(params['allowedValue'])}${not}` };
    case 'minItems':
      return { pointer, message: `must have at least ${params['limit']} items, not ${lengthOf(data)}` };
    case 'maxItems':
      return { pointer, message: `must have at most ${params['limit']} items, not ${lengthOf(data)}` };
    case 'maxLength':
      return { pointer, message: `must have at most ${params['limit']} characters, not ${String(data).length}` };
    case 'maxProperties':
      return {
        pointer,
        message: `must have at most ${params['limit']} fields, not ${Object.keys(Object(data)).length}`,
      };
    case 'minProperties':
      return {
        pointer,
        message: `must have at least ${params['limit']} of the fields ${Object.keys(schema.properties ?? {}).join(', ')}`,
      };
    case 'minLength':
      return { pointer, message: 'must not be empty' };
    case 'pattern':
      return {
        pointer,
        message:
          `is ${schema.writeOnly === true ? 'a value' : show(data)}, which is not allowed. ${schema.description ?? `Pattern: ${params['pattern']}`}`.replace(
            /\.$/,
            '',
          ),
      };
    default:
      return { pointer, message: error.message ?? 'is not valid' };
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

const lengthOf = (data: unknown): number => (Array.isArray(data) ? data.length : 0);

const segment = (name: unknown): string => String(name).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1');

const oneOf = (values: readonly unknown[]): string => `one of ${values.map(show).join(', ')}`;

/** A value as a sentence shows it: short, and never what a client has nested or repeated. */
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
