/** The label contract: which version has a label, how it got it, and what may be asked when it is moved. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';
import { ModelName } from '../references/model-reference.js';
import { Label } from '../references/reference.js';

const version = Type.Integer({ minimum: 1, maximum: 999_999_999 });

/** Scores a gate can compare: of losses the smaller is better, of accuracies the larger. */
export const GateMetric = StringEnum(['testAccuracy', 'testLoss', 'validationAccuracy', 'validationLoss'], {
  description: 'The score that is compared.',
});
export type GateMetric = Static<typeof GateMetric>;

const GATE = 'The label is moved only where the score beats that of the version that has it now.';

export const Gate = Type.Object(
  {
    metric: GateMetric,
    minDelta: Type.Number({
      minimum: 0,
      maximum: 1e6,
      description: 'The score must be better by more than this. Default 0: better at all.',
    }),
  },
  { additionalProperties: false, description: GATE },
);
export type Gate = Static<typeof Gate>;

/** What `PUT /models/{name}/labels/{label}` takes. */
export const LabelRequest = Type.Object(
  {
    version,
    gate: Type.Optional(
      Type.Object(
        { metric: Gate.properties.metric, minDelta: Type.Optional(Gate.properties.minDelta) },
        { additionalProperties: false, description: GATE },
      ),
    ),
    expected: Type.Optional(
      Type.Union([version, Type.Null()], {
        description: 'The label is moved only where this version has it now; null: where no version has it.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type LabelRequest = Static<typeof LabelRequest>;

/** One change of a label; they count 1, 2, 3 … */
export const LabelChange = Type.Object(
  {
    number: Type.Integer({ minimum: 1 }),
    action: StringEnum(['move', 'rollback', 'remove']),
    version: Type.Union([version, Type.Null()], { description: 'The version that has the label from then on.' }),
    /** Of a rollback: the change whose version came back. */
    restores: Type.Optional(Type.Integer({ minimum: 1, description: 'The change that a rollback went back to.' })),
    gate: Type.Optional(Gate),
    at: Type.String({ format: 'date-time' }),
  },
  { additionalProperties: false },
);
export type LabelChange = Static<typeof LabelChange>;

/** What `GET /models/{name}/labels/{label}` answers. */
export const LabelState = Type.Object(
  {
    name: ModelName,
    label: Label,
    version: Type.Union([version, Type.Null()], { description: 'The version that has the label; null: none.' }),
    history: Type.Array(LabelChange, {
      description:
        'A page of the changes, the newest first. The latest 100 are kept, unless LABEL_HISTORY says otherwise.',
    }),
    nextCursor: Type.Optional(Type.String({ description: 'Present if there are older changes.' })),
  },
  { additionalProperties: false },
);
export type LabelState = Static<typeof LabelState>;

/** Query of `GET /models/{name}/labels/{label}`. */
export const LabelQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Changes of one page. Default 20.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{0,14}$',
        description: 'The `nextCursor` of the page before; without it, the newest changes.',
      }),
    ),
  },
  { additionalProperties: false },
);
