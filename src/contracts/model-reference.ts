/** How a model is named. */
import { type Static, Type } from 'typebox';

/** A model's name: the folder it is stored in, so the pattern admits no path. */
export const ModelName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
  description: 'Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit.',
});

/** A trained model, by name and version (counted from 1). */
export const ModelReference = Type.Object(
  { name: ModelName, version: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);
export type ModelReference = Static<typeof ModelReference>;
