/** Patterns of the ids, names and numbers that become parts of paths. No matching part can lead out of its folder. */

/** Name of a model, data set or project. */
export const NAME = '[a-z0-9][a-z0-9._-]{0,63}';
export const VERSION = '[1-9][0-9]{0,8}';
export const LABEL = '[a-z][a-z0-9_-]{0,63}';
export const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Attempt or step number: an integer that a JavaScript number represents exactly. */
const COUNT = '0|[1-9][0-9]{0,14}';

/** Name in messages (`what`) and pattern (`form`) of each kind of path part. */
const KINDS = {
  jobId: { what: 'job id', form: UUID },
  modelName: { what: 'model name', form: NAME },
  datasetName: { what: 'data set name', form: NAME },
  projectName: { what: 'project name', form: NAME },
  version: { what: 'version', form: VERSION },
  label: { what: 'label', form: LABEL },
  attempt: { what: 'number of an attempt', form: COUNT },
  steps: { what: 'number of steps', form: COUNT },
} as const;

export type PartKind = keyof typeof KINDS;

const patterns = new Map(Object.entries(KINDS).map(([kind, { form }]) => [kind, new RegExp(`^(?:${form})$`)]));

/** Returns whether an untrusted value is a string or integer that matches the pattern of its kind. */
export const isPart = (kind: PartKind, value: unknown): value is string | number =>
  (typeof value === 'string' || Number.isSafeInteger(value)) && patterns.get(kind)?.test(String(value)) === true;

/** Returns the message for a value that does not match the pattern of its kind, without a full stop. */
export const partFault = (kind: PartKind, value: unknown): string =>
  `${JSON.stringify(String(value).slice(0, 100))} is not a ${KINDS[kind].what}`;
