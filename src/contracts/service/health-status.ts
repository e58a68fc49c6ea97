/** Answers of `/livez` and `/readyz`. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

export const Liveness = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false });

export const Purpose = StringEnum(['predict', 'jobs'], {
  description:
    'Purpose to check. `predict`: the service can answer predictions, which need no Redis. `jobs`: it can accept, show and stream jobs. Absent: both.',
});
export type Purpose = Static<typeof Purpose>;

export const ReadinessQuery = Type.Object({ for: Type.Optional(Purpose) }, { additionalProperties: false });

export const CheckResult = Type.Object(
  {
    name: Type.String(),
    ok: Type.Boolean(),
    detail: Type.Optional(Type.String({ description: 'Why the check failed, or a note if it passed.' })),
  },
  { additionalProperties: false },
);
export type CheckResult = Static<typeof CheckResult>;

export const Readiness = Type.Object(
  {
    status: StringEnum(['ready', 'not ready']),
    checks: Type.Array(CheckResult),
  },
  { additionalProperties: false },
);
export type Readiness = Static<typeof Readiness>;
