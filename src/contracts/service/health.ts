/** The health contract: what `/livez` and `/readyz` answer. */
import { type Static, Type } from 'typebox';
import { StringEnum } from '../json-schema/enums.js';

export const Liveness = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false });

export const Purpose = StringEnum(['predict', 'jobs'], {
  description:
    '`predict`: can it answer predictions? They need no Redis. `jobs`: can it accept, show and follow jobs? Without it: both.',
});
export type Purpose = Static<typeof Purpose>;

export const ReadinessQuery = Type.Object({ for: Type.Optional(Purpose) }, { additionalProperties: false });

export const CheckResult = Type.Object(
  {
    name: Type.String(),
    ok: Type.Boolean(),
    detail: Type.Optional(Type.String({ description: 'Why the check failed; with `ok`, a fact worth knowing.' })),
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
