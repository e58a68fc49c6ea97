/** A job request that is being written: a JSON object with the fields that differ from the defaults. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that may be their name alone. */
const SHORT_FORMS = ['dataset', 'optimizer', 'schedule', 'augmentation'] as const;

/** Returns the request with objects instead of short forms: `"sgd"` becomes `{"name": "sgd"}`. */
export function withoutShortForms(request: JsonObject): JsonObject {
  const long = SHORT_FORMS.flatMap((field) => {
    const value = request[field];
    return typeof value === 'string' ? [[field, { name: value }]] : [];
  });
  return long.length === 0 ? request : { ...request, ...(Object.fromEntries(long) as JsonObject) };
}

/** Returns the value at `optimizer.learningRate`, or undefined if there is none. */
export function valueAt(request: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = request;
  for (const part of path.split('.')) value = isObject(value) ? value[part] : undefined;
  return value;
}

/** Objects that mean "on" even if they are empty. */
const MEAN_ON: ReadonlySet<string> = new Set([
  'earlyStopping',
  'randomResizedCrop',
  'affine',
  'colorJitter',
  'randAugment',
]);

/** Returns the request with a value at the path. Undefined removes it, and an object that becomes empty. */
export function withValue(request: JsonObject, path: string, value: Json | undefined): JsonObject {
  const [first = '', ...rest] = path.split('.');
  const { [first]: before, ...others } = request;
  const inner = rest.length === 0 ? value : withValue(isObject(before) ? before : {}, rest.join('.'), value);
  const isEmpty = rest.length > 0 && isObject(inner) && Object.keys(inner).length === 0;
  const isGone = inner === undefined || (isEmpty && !MEAN_ON.has(first));
  if (isGone) return others;
  // The field keeps its place in the text.
  return before === undefined ? { ...request, [first]: inner } : replaced(request, first, inner);
}

const replaced = (request: JsonObject, name: string, value: Json): JsonObject =>
  Object.fromEntries(Object.entries(request).map(([key, old]) => [key, key === name ? value : old]));

/** Returns the paths of all values, without descending into lists. An empty object counts as a value. */
export function pathsOf(request: JsonObject, prefix = ''): string[] {
  return Object.entries(request).flatMap(([name, value]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return isObject(value) && Object.keys(value).length > 0 ? pathsOf(value, path) : [path];
  });
}

export const isSame = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
