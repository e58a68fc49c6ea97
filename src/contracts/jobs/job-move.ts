/** Body of `POST /jobs/{id}/move`: the new place of a queued job. */
import { type Static, Type } from 'typebox';

const JobId = Type.String({ pattern: '^[0-9A-Za-z-]{1,64}$' });

export const JobMove = Type.Object(
  {
    before: Type.Optional({ ...JobId, description: 'Id of the queued job that starts directly after this one.' }),
    after: Type.Optional({ ...JobId, description: 'Id of the queued job that starts directly before this one.' }),
    to: Type.Optional(Type.Literal('top', { description: 'Before all other queued jobs.' })),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    description: 'Exactly one of `before`, `after` and `to`.',
    examples: [{ to: 'top' }],
  },
);
export type JobMove = Readonly<Static<typeof JobMove>>;
