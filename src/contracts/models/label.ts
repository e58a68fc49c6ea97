/** Schemas of labels: their version, their history, and requests to move them. */
import { type Static, Type } from 'typebox';
import { SPLIT_NAMES } from '../datasets/dataset-content.js';
import { StringEnum } from '../json-schema/enums.js';
import { ModelName, NAME_PATTERN } from '../references/model-reference.js';
import { Label } from '../references/reference.js';
import { EVALUATION_METRICS, TRAINING_METRICS } from './gate-metrics.js';

const version = Type.Integer({ minimum: 1, maximum: 999_999_999 });

const metric = StringEnum([...TRAINING_METRICS, ...EVALUATION_METRICS], {
  description: `Score that is compared. With \`dataset\` one of ${EVALUATION_METRICS.join(', ')}; otherwise, from the training, one of ${TRAINING_METRICS.join(', ')}. Of losses and errors the smaller one is better, of the others the larger one.`,
});
const minDelta = Type.Number({
  minimum: 0,
  maximum: 1e6,
  description: 'The score must be better by more than this. Default 0.',
});
const dataset = Type.Optional(
  Type.String({
    pattern: NAME_PATTERN,
    description:
      'Data set on which both versions were evaluated. Their newest evaluations on the same images are compared. Absent: the scores of the trainings.',
  }),
);
const split = Type.Optional(
  StringEnum(SPLIT_NAMES, { description: 'Images of the data set. Default `test`. Only with `dataset`.' }),
);

const GATE = 'Condition for the move: the score of the new version must beat that of the version that has the label.';
const closed = { additionalProperties: false, description: GATE };

export const LabelGate = Type.Object({ metric, minDelta, dataset, split }, closed);
export type LabelGate = Static<typeof LabelGate>;

const LabelGateRequest = Type.Object({ metric, minDelta: Type.Optional(minDelta), dataset, split }, closed);
type LabelGateRequest = Static<typeof LabelGateRequest>;

/** Fills in the defaults of a gate. */
export const resolveGate = (gate: LabelGateRequest): LabelGate => ({
  minDelta: 0,
  ...(gate.dataset !== undefined && { split: 'test' }),
  ...gate,
});

/** Checks that the fields of a gate fit each other. Returns a pointer within the gate and a clause; undefined if they fit. */
export function gateFault(gate: LabelGateRequest): Readonly<{ pointer: string; message: string }> | undefined {
  const { metric: name, dataset: data, split: images } = gate;
  const known: readonly string[] = data === undefined ? TRAINING_METRICS : EVALUATION_METRICS;
  if (images !== undefined && data === undefined)
    return { pointer: '/split', message: 'must be absent, because the gate has no dataset' };
  if (known.includes(name)) return undefined;
  return data === undefined
    ? { pointer: '/dataset', message: `is required, because ${name} is a score of an evaluation on a data set` }
    : { pointer: '/metric', message: `must be one of ${known.join(', ')}, because the gate has a dataset` };
}

/** Body of `PUT /models/{name}/labels/{label}`. */
export const LabelRequest = Type.Object(
  {
    version,
    gate: Type.Optional(LabelGateRequest),
    expected: Type.Optional(
      Type.Union([version, Type.Null()], {
        description: 'Moves the label only if this version has it now. null: only if no version has it.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type LabelRequest = Static<typeof LabelRequest>;

/** One change of a label, numbered from 1. */
export const LabelChange = Type.Object(
  {
    number: Type.Integer({ minimum: 1 }),
    action: StringEnum(['move', 'rollback', 'remove']),
    version: Type.Union([version, Type.Null()], {
      description: 'Version that has the label after the change. null: none.',
    }),
    restores: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Only for rollbacks: the change whose version the label has again.' }),
    ),
    gate: Type.Optional(LabelGate),
    at: Type.String({ format: 'date-time' }),
  },
  { additionalProperties: false },
);
export type LabelChange = Static<typeof LabelChange>;

/** Answer of `GET /models/{name}/labels/{label}`. */
export const LabelState = Type.Object(
  {
    name: ModelName,
    label: Label,
    version: Type.Union([version, Type.Null()], { description: 'Version that has the label. null: none.' }),
    history: Type.Array(LabelChange, {
      description:
        'One page of the changes, newest first. The service keeps the latest LABEL_HISTORY changes (100 by default).',
    }),
    nextCursor: Type.Optional(Type.String({ description: 'Cursor of the next page. Absent on the last page.' })),
  },
  { additionalProperties: false },
);
export type LabelState = Static<typeof LabelState>;

/** Errors for which a label stays, and which a plan foretells. */
export const LABEL_STAYS = ['label_moved', 'label_gate', 'evaluation_not_found', 'evaluation_mismatch'] as const;

const score = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

/** Answer of `POST /models/{name}/labels/{label}/plan`. */
export const LabelPlan = Type.Object(
  {
    from: Type.Union([version, Type.Null()], { description: 'Version that has the label now. null: none.' }),
    to: { ...version, description: 'Version in the request.' },
    moves: Type.Boolean({ description: 'Whether the request would move the label now.' }),
    reason: Type.Optional(Type.String({ description: 'Why the label would stay, as a sentence.' })),
    code: Type.Optional(
      StringEnum(LABEL_STAYS, {
        description: 'Code of the error that the request would get. Absent if it would succeed.',
      }),
    ),
    scores: Type.Optional(
      Type.Object(
        {
          metric,
          dataset,
          split,
          from: score('Score of the version that has the label now. null: it has none.'),
          to: score('Score of the version in the request. null: it has none.'),
        },
        {
          additionalProperties: false,
          description: 'Scores that the gate compares. Present if the request has a gate.',
        },
      ),
    ),
  },
  { additionalProperties: false },
);
export type LabelPlan = Static<typeof LabelPlan>;

/** Query of `GET /models/{name}/labels/{label}`. */
export const LabelQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Changes per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}$',
        description: 'The `nextCursor` of the previous page. Absent: the newest changes.',
      }),
    ),
  },
  { additionalProperties: false },
);
