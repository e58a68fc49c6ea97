/** The settings of a job as a request for the same job, and as a list. */
import type { Job } from 'trainyard';

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a request for the plan of a job with changed values. Leaves out the starting weights, which do not change a plan. */
export function plannedLike({ spec }: Pick<Job, 'spec'>, changes: JsonObject): JsonObject {
  const { from: _, precisionReason: __, dataset, ...fields } = spec;
  const { learningRate, epochs } = changes;
  return {
    ...fields,
    dataset: { ...dataset, ...(dataset.validation === undefined && { validation: 'drawn' }) },
    ...(epochs !== undefined && { epochs }),
    ...(learningRate !== undefined && { optimizer: { ...fields.optimizer, learningRate } }),
  } as unknown as JsonObject;
}

/** Returns the request that only names what a job is about, so that a plan of it has every default. */
export const defaultsLike = ({ spec: { network, networkOptions, dataset } }: Pick<Job, 'spec'>): JsonObject => ({
  network,
  ...('variant' in networkOptions && { networkOptions: { variant: networkOptions.variant } }),
  dataset: { name: dataset.name },
});

export type Setting = Readonly<{ path: string; value: Json }>;

/** Returns the values of an object by their paths, such as `optimizer.learningRate`, names first. Lists stay whole. */
export function flatten(object: JsonObject, prefix = ''): Setting[] {
  const entries = Object.entries(object).sort(([a], [b]) => Number(b === 'name') - Number(a === 'name'));
  return entries.flatMap(([name, value]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return isObject(value) && Object.keys(value).length > 0 ? flatten(value, path) : [{ path, value }];
  });
}

/** Returns a value as people write it: `none` for null, `1-1-1` for lists of numbers. */
export function valueText(value: Json | undefined): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map((each) => valueText(each as Json)).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Returns `learning rate` for `learningRate`. */
export const words = (name: string): string =>
  name.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
