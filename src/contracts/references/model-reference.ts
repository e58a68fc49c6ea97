/** How a model is named. */
import { type Static, Type } from 'typebox';
import { NAME } from './path-part.js';

/** Names that are those of folders: the pattern admits no path. */
export const NAME_PATTERN = `^${NAME}$`;

export const NAME_FORM = 'Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit.';

/** Most characters of a model's name. */
export const MODEL_NAME_LENGTH = 64;

/** A model's name: the folder it is stored in. */
export const ModelName = Type.String({
  pattern: NAME_PATTERN,
  description: NAME_FORM,
});

/** A trained model, by name and version (counted from 1). */
export const ModelReference = Type.Object(
  { name: ModelName, version: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);
export type ModelReference = Static<typeof ModelReference>;
