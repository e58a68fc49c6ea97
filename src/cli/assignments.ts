/** `key=value` arguments: typed by the fields of the contract and merged into a request. */
import { readFileSync } from 'node:fs';
import { type FieldType, parseFields, type RequestField } from '../contracts/submission/field-table.js';
import { didYouMean, nearest } from '../spelling/nearest-words.js';
import { type CliError, usageError } from './exit-codes.js';
import { CHANGE_FIELDS, JOB_FIELDS } from './job-fields.js';

export const jobFields = parseFields(JOB_FIELDS);
export const changeFields = parseFields(CHANGE_FIELDS);

/** Short names of fields. */
export const SHORT_NAMES: Readonly<Record<string, string>> = {
  data: 'dataset',
  lr: 'optimizer.learningRate',
  batch: 'batchSize',
  model: 'name',
  variant: 'networkOptions.variant',
};

type Json = null | boolean | number | string | readonly Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Returns whether an argument is an assignment. */
export const isAssignment = (argument: string): boolean => /^[A-Za-z][\w.-]*=/.test(argument);

/** Merges assignments into a copy of `base`. Throws a usage error for unknown fields and values of a wrong type. */
export function assign(
  base: JsonObject,
  assignments: readonly string[],
  fields: readonly RequestField[] = jobFields,
): JsonObject {
  const request = structuredClone(base);
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1)
      throw usageError(`${JSON.stringify(assignment)} is no assignment.`, 'Write key=value, for example epochs=5.');
    assignOne(request, assignment.slice(0, at), assignment.slice(at + 1), fields);
  }
  return request;
}

function assignOne(request: JsonObject, key: string, text: string, fields: readonly RequestField[]): void {
  const field = findField(key, fields);
  const value = text.startsWith('@') ? readValue(key, text.slice(1), field) : parseValue(key, text, field);
  const path = pathOf(key, fields);
  setAt(request, path, value);
}

const pathOf = (key: string, fields: readonly RequestField[]): string[] => {
  const [first = '', ...rest] = key.split('.');
  const isKnown = fields.some(({ path }) => path === first || path.startsWith(`${first}.`));
  const full = isKnown ? first : (SHORT_NAMES[first] ?? first);
  // A field of free names, such as metadata: everything behind the first point is one name.
  const isFree = fields.some(({ path }) => path === `${full}.*`);
  return isFree && rest.length > 0 ? [full, rest.join('.')] : [...full.split('.'), ...rest];
};

/** Returns the field of a key. Throws a usage error with similar fields if there is none. */
function findField(key: string, fields: readonly RequestField[]): RequestField {
  const path = pathOf(key, fields);
  const full = path.join('.');
  const field = fields.find((each) => each.path === full || each.path === `${path[0]}.*`);
  if (field !== undefined && (field.path === full || path.length > 1)) return field;
  const known = fields.map((each) => each.path).filter((each) => !each.endsWith('.*'));
  if (fields === changeFields) throw unchangeable(key, full, known);
  throw usageError(
    `There is no field ${JSON.stringify(key)}.`,
    didYouMean(nearest(key, [...known, ...Object.keys(SHORT_NAMES)])) ?? 'See `trainyard train --fields`.',
  );
}

/** Returns the error of a field that `jobs change` does not have. `full` is its path, and `known` are the fields that can change. */
function unchangeable(key: string, full: string, known: readonly string[]): CliError {
  const isOfJob = jobFields.some(({ path }) => path === full);
  const near =
    [key, full.slice(full.lastIndexOf('.') + 1)].map((word) => nearest(word, known)).find(({ length }) => length > 0) ??
    [];
  return usageError(
    isOfJob ? `${key} cannot change after the submission.` : `There is no field ${JSON.stringify(key)}.`,
    didYouMean(near) ?? `Fields that can change: ${known.join(', ')}.`,
  );
}

/** Returns the value of `key=@file`: JSON if the file ends in .json or the field is an object or a list, otherwise its text. */
function readValue(key: string, path: string, field: RequestField): Json {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`${key}=@${path}: the file cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  if (!path.endsWith('.json')) return parseValue(key, text.trim(), field);
  return parseJson(text) ?? fail(key, path, field);
}

const parseJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

/** Parsers by type. They return undefined for text of another type. */
const PARSERS: Readonly<Record<FieldType, (text: string) => Json | undefined>> = {
  null: (text) => (/^(null|none|off)$/.test(text) ? null : undefined),
  boolean: (text) => (/^(true|yes|on)$/.test(text) ? true : /^(false|no|off)$/.test(text) ? false : undefined),
  integer: (text) => (/^[+-]?\d[\d_]*(e\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : undefined),
  number: (text) => {
    const value = Number(text.replaceAll('_', ''));
    return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
  },
  list: (text) => {
    const value = parseJson(text) ?? parseJson(`[${text}]`);
    return Array.isArray(value) ? value : value !== undefined && text !== '' ? [value] : undefined;
  },
  object: (text) => {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  },
  string: (text) => text,
};
/** A text is tried as these types in this order: a string accepts everything. */
const ORDER: readonly FieldType[] = ['null', 'boolean', 'integer', 'number', 'object', 'list', 'string'];

/** Returns the value of a text as the first of the field's types that fits. */
function parseValue(key: string, text: string, field: RequestField): Json {
  if (field.types.includes('string') && field.values.includes(text)) return text;
  for (const type of ORDER) {
    if (!field.types.includes(type)) continue;
    // `none` and `off` are labels that someone may want: of free names, only the word null is null.
    if (type === 'null' && field.path.endsWith('.*') && text !== 'null') continue;
    const value = PARSERS[type](text);
    if (value === undefined) continue;
    if (type === 'string' && field.values.length > 0) return fail(key, text, field);
    return value;
  }
  return fail(key, text, field);
}

const ALLOWED: Readonly<Record<FieldType, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'text',
  null: 'none',
  list: 'a list such as 1,2',
  object: 'a JSON object',
};

function fail(key: string, text: string, { types, values }: RequestField): never {
  const words = values.length > 0 ? [values.join(', ')] : [];
  const others = types.filter((type) => type !== 'string' || values.length === 0).map((type) => ALLOWED[type]);
  throw usageError(
    `${key} must be ${[...words, ...others].join(', or ')} (got ${JSON.stringify(text)}).`,
    didYouMean(nearest(text, values)),
  );
}

/** Sets a nested value. A name such as `dataset=boots` becomes `{"name": "boots"}` if a field of it is set too. */
function setAt(object: JsonObject, [first = '', ...rest]: readonly string[], value: Json): void {
  const before = object[first];
  if (rest.length === 0) {
    const isNamed =
      typeof value === 'string' && typeof before === 'object' && before !== null && !Array.isArray(before);
    object[first] = isNamed ? { ...before, name: value } : value;
    return;
  }
  const inner =
    typeof before === 'string' ? { name: before } : isObject(before) ? before : ({} satisfies JsonObject as JsonObject);
  object[first] = inner;
  setAt(inner, rest, value);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
