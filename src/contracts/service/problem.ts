/** The error contract: RFC 9457 problem documents. */
import { type Static, Type } from 'typebox';

export const Problem = Type.Object(
  {
    type: Type.String({ description: '`about:blank`: the code says it all.' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable, for programs.' }),
    detail: Type.String({ description: 'What happened and what to do, for people.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({
              description: 'JSON Pointer to the field in the body, `?name` for a query parameter, or `header name`.',
            }),
            message: Type.String(),
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);
export type Problem = Static<typeof Problem>;
