/** Nested objects as dotted paths, to compare them field by field. */

/** Returns `dataset.resize` → `28` for every value of an object. Lists stay whole, as JSON. */
export function flatten(value: object, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, inner] of Object.entries(value)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      for (const [deep, text] of flatten(inner, path)) flat.set(deep, text);
    else flat.set(path, typeof inner === 'string' ? inner : JSON.stringify(inner));
  }
  return flat;
}

export type Difference = Readonly<{ field: string; values: readonly [string | null, string | null] }>;

/** Returns the fields whose values differ; null for a field that one side lacks. */
export function differences(a: object, b: object): Difference[] {
  const [left, right] = [flatten(a), flatten(b)];
  const fields = [...new Set([...left.keys(), ...right.keys()])];
  return fields
    .filter((field) => left.get(field) !== right.get(field))
    .map((field) => ({ field, values: [left.get(field) ?? null, right.get(field) ?? null] }));
}
