/** Optional properties of a request, with their default values as the JSON Schema keyword `default`. */
import { type TOptional, type TProperties, Type } from 'typebox';

/**
 * Kind of a request schema. A `Request` states the default of each property. An `Override` states none, because an absent property
 * means "as in the starting point".
 */
export type RequestKind = 'Request' | 'Override';

export type OptionalProperties<Properties extends TProperties> = {
  [Name in keyof Properties]: TOptional<Properties[Name]>;
};

/**
 * Returns the properties as optional. A `Request` gets the keyword `default` from `defaults`; a property whose default depends on
 * other properties has no entry there and says so in its description. Validation never fills defaults in: the resolvers do.
 */
export function optionalProperties<Properties extends TProperties>(
  kind: RequestKind,
  properties: Properties,
  defaults: Readonly<{ [Name in keyof Properties]?: unknown }>,
): OptionalProperties<Properties> {
  const entries = Object.entries(properties).map(([name, schema]) => {
    const hasDefault = kind === 'Request' && Object.hasOwn(defaults, name);
    return [name, Type.Optional(hasDefault ? { ...schema, default: defaults[name] } : schema)];
  });
  return Object.fromEntries(entries) as OptionalProperties<Properties>;
}
