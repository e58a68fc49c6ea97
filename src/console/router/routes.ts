/** Routes of the console: a name and a path pattern for each page. */

/** `:name` is one part of the path. Of two patterns that match, the first wins. */
export const PATTERNS = {
  home: '/',
  jobs: '/jobs',
  newJob: '/jobs/new',
  job: '/jobs/:id',
  compare: '/compare',
  models: '/models',
  model: '/models/:name',
  version: '/models/:name/:version',
  try: '/try',
  datasets: '/datasets',
  dataset: '/datasets/:name',
  system: '/system',
} as const;

export type RouteName = keyof typeof PATTERNS;

type ParamNames<Pattern extends string> = Pattern extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : Pattern extends `${string}:${infer Name}`
    ? Name
    : never;

/** Parameters in the path of a route, decoded. */
export type ParamsOf<Name extends RouteName> = Readonly<Record<ParamNames<(typeof PATTERNS)[Name]>, string>>;

export type Route = { [Name in RouteName]: Readonly<{ name: Name; params: ParamsOf<Name> }> }[RouteName];

export type QueryValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

type Arguments<Name extends RouteName> = [ParamNames<(typeof PATTERNS)[Name]>] extends [never]
  ? [query?: QueryValues]
  : [params: Readonly<Record<ParamNames<(typeof PATTERNS)[Name]>, string | number>>, query?: QueryValues];

/** Returns the address of a page within the console: `to('job', { id }, { tab: 'events' })` is `/jobs/<id>?tab=events`. */
export function to<Name extends RouteName>(name: Name, ...rest: Arguments<Name>): string {
  const pattern: string = PATTERNS[name];
  const hasParams = pattern.includes(':');
  const params = (hasParams ? rest[0] : {}) as Readonly<Record<string, string | number>>;
  const values = (hasParams ? rest[1] : rest[0]) as QueryValues | undefined;
  const path = pattern.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key] ?? '')));
  return path + queryText(values);
}

/** Returns `?a=b`, or nothing if every value is undefined. Lists are joined with commas. */
export function queryText(values: QueryValues = {}): string {
  const pairs = Object.entries(values).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, Array.isArray(value) ? value.join(',') : String(value)]],
  );
  const text = readable(new URLSearchParams(pairs));
  return text === '' ? '' : `?${text}`;
}

/** Returns query text whose commas, colons, slashes and at signs stay readable: a query may contain them. */
export const readable = (query: URLSearchParams): string =>
  query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%40', '@');

/** Returns the route of a path within the console, or undefined if no page has it. */
export function matchRoute(path: string): Route | undefined {
  const parts = partsOf(path);
  for (const [name, pattern] of Object.entries(PATTERNS)) {
    const params = matchParts(partsOf(pattern), parts);
    if (params !== undefined) return { name, params } as Route;
  }
  return undefined;
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

function matchParts(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (wanted.startsWith(':')) params[wanted.slice(1)] = decode(part);
    else if (wanted !== part) return undefined;
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
