/** Problem document (RFC 9457): the form of all errors. */
import { type Static, Type } from 'typebox';

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always `about:blank`. Programs use `code`.' }),
    title: Type.String({ description: 'Title of the code.' }),
    status: Type.Integer({ description: 'HTTP status.' }),
    code: Type.String({ description: 'Stable, for programs.' }),
    detail: Type.String({ description: 'What is wrong, what is allowed, and what to do next, for people.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({
              description: 'JSON Pointer to the field in the body, `?name` for a query parameter, or `header name`.',
            }),
            message: Type.String(),
            suggestion: Type.Optional(
              Type.Number({
                description:
                  'Value that the field would accept, for example the largest batch that fits. Absent if none is known.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);
export type Problem = Static<typeof Problem>;
