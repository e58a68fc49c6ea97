/** Generates the fields of job requests for the command's `key=value` arguments. */

import { JobChange } from '../contracts/jobs/live-change.js';
import { type FieldType, fieldLine, type RequestField } from '../contracts/submission/field-table.js';
import { JobSubmission } from '../contracts/submission/job-from.js';

/** The parts of a JSON Schema that fields are made of. */
type Schema = Readonly<{
  type?: string;
  title?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
}>;

/** Deepest path of a field: `augmentation.affine.degrees` has 3 parts. */
const MAX_DEPTH = 3;

const branchesOf = (schema: Schema): readonly Schema[] => {
  const inner = schema.anyOf ?? schema.oneOf;
  return inner === undefined ? [schema] : inner.flatMap(branchesOf);
};

const typeOf = ({ type, ...schema }: Schema): FieldType => {
  if (type === 'array') return 'list';
  if (type !== undefined) return type as FieldType;
  return typeof (schema.const ?? schema.enum?.[0] ?? '') === 'number' ? 'integer' : 'string';
};

const unique = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

/** Returns the fields of an object, merged over all branches of a union. */
function fieldsOf(schemas: readonly Schema[], prefix: readonly string[] = []): RequestField[] {
  const branches = schemas.flatMap(branchesOf);
  const names = unique(branches.flatMap(({ properties = {} }) => Object.keys(properties)));
  return names.flatMap((name) => {
    const found = branches.flatMap(({ properties = {} }) => properties[name] ?? []);
    const path = [...prefix, name];
    const nested = path.length < MAX_DEPTH ? fieldsOf(found, path) : [];
    return [fieldOf(path, found), ...nested, ...freeNamesOf(path, found)];
  });
}

function fieldOf(path: readonly string[], schemas: readonly Schema[]): RequestField {
  const branches = schemas.flatMap(branchesOf);
  const words = branches.flatMap((schema) => schema.enum ?? (schema.const === undefined ? [] : [schema.const]));
  const isFree = branches.some((schema) => typeOf(schema) === 'string' && !('enum' in schema) && !('const' in schema));
  const title = [...schemas, ...branches].find(
    (schema) => schema.title !== undefined && !/Request$|Override$/.test(schema.title),
  )?.title;
  return {
    path: path.join('.'),
    types: unique(branches.map(typeOf)),
    values: isFree ? [] : unique(words.map(String)),
    title: title ?? '',
  };
}

/** Returns a field `path.*` for an object with free names. */
function freeNamesOf(path: readonly string[], schemas: readonly Schema[]): RequestField[] {
  const values = schemas
    .flatMap(branchesOf)
    .flatMap(({ additionalProperties, type }) =>
      type === 'object' && typeof additionalProperties === 'object' ? branchesOf(additionalProperties) : [],
    );
  if (values.length === 0) return [];
  return [{ path: `${path.join('.')}.*`, types: unique(values.map(typeOf)), values: [], title: '' }];
}

const tableOf = (schema: unknown): string =>
  fieldsOf([schema as Schema])
    .map(fieldLine)
    .join('\n');

/** Returns the source of src/cli/job-fields.ts. */
export const writeJobFields = (): string => `/**
 * Fields of job requests and of live changes: path, types, words and title.
 * Generated from the contract by \`npm run openapi\`; do not edit.
 */

export const JOB_FIELDS = \`
${tableOf(JobSubmission)}
\`;

export const CHANGE_FIELDS = \`
${tableOf(JobChange)}
\`;
`;
