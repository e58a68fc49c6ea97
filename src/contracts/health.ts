/** The health contract: what `/livez` and `/readyz` answer. */
import { type Static, Type } from 'typebox';

export const Liveness = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false });

export const CheckResult = Type.Object(
  {
    name: Type.String(),
    ok: Type.Boolean(),
    detail: Type.Optional(Type.String({ description: 'Why the check failed.' })),
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
