/** Differences of two specs, setting by setting. */

export type SettingDifference = Readonly<{ path: string; before: string; after: string }>;

/** Returns the settings whose values differ, with dotted names. A setting that one spec lacks is "not set". */
export function differences(before: unknown, after: unknown): SettingDifference[] {
  const [old, next] = [flat(before), flat(after)];
  const paths = [...new Set([...old.keys(), ...next.keys()])];
  return paths
    .filter((path) => old.get(path) !== next.get(path))
    .map((path) => ({ path, before: old.get(path) ?? 'not set', after: next.get(path) ?? 'not set' }));
}

function flat(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path, typeof value === 'string' ? value : JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([name, each]) => [...flat(each, path === '' ? name : `${path}.${name}`)]),
  );
}
