/** Schemas of labels: their version, their history, and requests to move them. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelName } from '../references/model-reference.js';
import { Label } from '../references/reference.js';

const version = Type.Integer({ minimum: 1, maximum: 999_999_999 });

/** Scores that a label gate can compare. A smaller loss and a larger accuracy are better. */
export const LabelGateMetric = StringEnum(['testAccuracy', 'testLoss', 'validationAccuracy', 'validationLoss'], {
  description: 'Score that is compared.',
});
export type LabelGateMetric = Static<typeof LabelGateMetric>;

const GATE = 'Condition for the move: the score of the new version must beat that of the version that has the label.';

export const LabelGate = Type.Object(
  {
    metric: LabelGateMetric,
    minDelta: Type.Number({
      minimum: 0,
      maximum: 1e6,
      description: 'The score must be better by more than this. Default 0.',
    }),
  },
  { additionalProperties: false, description: GATE },
);
export type LabelGate = Static<typeof LabelGate>;

/** Body of `PUT /models/{name}/labels/{label}`. */
export const LabelRequest = Type.Object(
  {
    version,
    gate: Type.Optional(
      Type.Object(
        { metric: LabelGate.properties.metric, minDelta: Type.Optional(LabelGate.properties.minDelta) },
        { additionalProperties: false, description: GATE },
      ),
    ),
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

const score = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

/** Answer of `POST /models/{name}/labels/{label}/plan`. */
export const LabelPlan = Type.Object(
  {
    from: Type.Union([version, Type.Null()], { description: 'Version that has the label now. null: none.' }),
    to: { ...version, description: 'Version in the request.' },
    moves: Type.Boolean({ description: 'Whether the request would move the label now.' }),
    reason: Type.Optional(Type.String({ description: 'Why the label would stay, as a sentence.' })),
    code: Type.Optional(
      StringEnum(['label_moved', 'label_gate'], {
        description: 'Code of the error that the request would get. Absent if it would succeed.',
      }),
    ),
    scores: Type.Optional(
      Type.Object(
        {
          metric: LabelGate.properties.metric,
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
