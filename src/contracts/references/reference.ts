/** References: the texts by which a request names a model, and what each of them means. */
import { type Static, Type } from 'typebox';
import { ModelName, ModelReference } from './model-reference.js';
import { LABEL, NAME, UUID, VERSION } from './path-part.js';

/** What a label may be, for the sentence of an error. */
export const LABEL_FORM =
  'Lower-case letters, digits, `_`, `-`; 1 to 64 characters, the first a letter, as `stable` or `canary`.';

/** A name for one version of a model that can be moved to another. It begins with a letter, so it is never a number. */
export const Label = Type.String({ pattern: `^${LABEL}$`, description: LABEL_FORM });

/** Stands for the newest version, always: it cannot be moved. */
export const NEWEST = 'latest';

/** The label that a prediction without a model reference follows, if the store has exactly one model name. */
export const DEFAULT_LABEL = 'stable';

/** What a reference may be, for the sentence of an error. */
export const REFERENCE_FORMS =
  'A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded.';

export const Reference = Type.String({
  pattern: `^(${NAME}(@(${VERSION}|${LABEL}))?|job:${UUID}@(best|last))$`,
  description: REFERENCE_FORMS,
});

/** A reference to a stored model alone. */
export const StoredReference = Type.String({
  pattern: `^${NAME}(@(${VERSION}|${LABEL}))?$`,
  description:
    '`name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label).',
});

/** Which checkpoint of a job: that of the best epoch by the validation images, or the newest. */
export type CheckpointChoice = 'best' | 'last';

export type ParsedReference =
  | Readonly<{ kind: 'newest'; name: string }>
  | Readonly<{ kind: 'version'; name: string; version: number }>
  | Readonly<{ kind: 'label'; name: string; label: string }>
  | Readonly<{ kind: 'job'; jobId: string; choice: CheckpointChoice }>;

const ofModel = new RegExp(`^(${NAME})(?:@(?:(${VERSION})|(${LABEL})))?$`);
const ofJob = new RegExp(`^job:(${UUID})@(best|last)$`);

/** What a reference means; undefined where the text is none. */
export function parseReference(text: string): ParsedReference | undefined {
  const [, jobId, choice] = ofJob.exec(text) ?? [];
  if (jobId !== undefined) return { kind: 'job', jobId, choice: choice as CheckpointChoice };
  const [, name, version, label = NEWEST] = ofModel.exec(text) ?? [];
  if (name === undefined) return undefined;
  if (version !== undefined) return { kind: 'version', name, version: Number(version) };
  return label === NEWEST ? { kind: 'newest', name } : { kind: 'label', name, label };
}

/** A checkpoint of a job that answered in the place of a model. */
export const CheckpointSource = Type.Object(
  {
    job: Type.String({ format: 'uuid', description: 'The job whose training it is a state of.' }),
    name: ModelName,
    epoch: Type.Integer({ minimum: 0, description: 'Whole epochs done.' }),
    steps: Type.Integer({ minimum: 0, description: 'Steps done in the whole run.' }),
  },
  { additionalProperties: false },
);
export type CheckpointSource = Static<typeof CheckpointSource>;

/** What answered: a stored model, or a checkpoint of a job that runs. */
export const Source = Type.Union([ModelReference, CheckpointSource]);
export type Source = Static<typeof Source>;
