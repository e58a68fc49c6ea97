/** The health contract: what `/livez` and `/readyz` answer. */
import { type Static, Type } from 'typebox';

export const Liveness = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false });

export const Purpose = Type.Union([Type.Literal('predict'), Type.Literal('jobs')], {
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
    status: Type.Union([Type.Literal('ready'), Type.Literal('not ready')]),
    checks: Type.Array(CheckResult),
  },
  { additionalProperties: false },
);
export type Readiness = Static<typeof Readiness>;
