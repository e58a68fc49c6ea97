/** Model references: the strings with which a request selects a model or checkpoint, and their parser. */
import { type Static, Type } from 'typebox';
import { ModelName, ModelReference } from './model-reference.js';
import { LABEL, NAME, UUID, VERSION } from './path-part.js';

/** Allowed labels, as a sentence for error messages. */
export const LABEL_FORM =
  'Lower-case letters, digits, `_`, `-`; 1 to 64 characters, the first a letter, as `stable` or `canary`.';

/** Movable name of one model version. A label begins with a letter, so no label can be a version number. */
export const Label = Type.String({ pattern: `^${LABEL}$`, description: LABEL_FORM });

/** Reserved label of the newest version. It cannot be moved. */
export const NEWEST = 'latest';

/** Label that a prediction without a model reference uses, if the store has exactly one model name. */
export const DEFAULT_LABEL = 'stable';

/** Allowed references, as a sentence for error messages. */
export const REFERENCE_FORMS =
  'A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded.';

export const Reference = Type.String({
  pattern: `^(${NAME}(@(${VERSION}|${LABEL}))?|job:${UUID}@(best|last))$`,
  description: REFERENCE_FORMS,
});

/** Reference to a stored model, not to a checkpoint. */
export const StoredReference = Type.String({
  pattern: `^${NAME}(@(${VERSION}|${LABEL}))?$`,
  description:
    '`name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label).',
});

/** Checkpoint of a job: of the epoch with the best validation score, or the newest. */
export type CheckpointChoice = 'best' | 'last';

export type ParsedReference =
  | Readonly<{ kind: 'newest'; name: string }>
  | Readonly<{ kind: 'version'; name: string; version: number }>
  | Readonly<{ kind: 'label'; name: string; label: string }>
  | Readonly<{ kind: 'job'; jobId: string; choice: CheckpointChoice }>;

const ofModel = new RegExp(`^(${NAME})(?:@(?:(${VERSION})|(${LABEL})))?$`);
const ofJob = new RegExp(`^job:(${UUID})@(best|last)$`);

/** Parses a reference. Returns undefined if the text is not a reference. */
export function parseReference(text: string): ParsedReference | undefined {
  const [, jobId, choice] = ofJob.exec(text) ?? [];
  if (jobId !== undefined) return { kind: 'job', jobId, choice: choice as CheckpointChoice };
  const [, name, version, label = NEWEST] = ofModel.exec(text) ?? [];
  if (name === undefined) return undefined;
  if (version !== undefined) return { kind: 'version', name, version: Number(version) };
  return label === NEWEST ? { kind: 'newest', name } : { kind: 'label', name, label };
}

/** Checkpoint of a job that computed a prediction. */
export const CheckpointSource = Type.Object(
  {
    job: Type.String({ format: 'uuid', description: 'Job that wrote the checkpoint.' }),
    name: ModelName,
    epoch: Type.Integer({ minimum: 0, description: 'Complete epochs.' }),
    steps: Type.Integer({ minimum: 0, description: 'Steps done in the whole run.' }),
  },
  { additionalProperties: false },
);
export type CheckpointSource = Static<typeof CheckpointSource>;

/** Source of a prediction: a stored model, or a checkpoint of a running job. */
export const PredictionSource = Type.Union([ModelReference, CheckpointSource]);
export type PredictionSource = Static<typeof PredictionSource>;
