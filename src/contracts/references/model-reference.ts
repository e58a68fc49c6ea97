/** Names and versions of models. */
import { type Static, Type } from 'typebox';
import { NAME } from './path-part.js';

/** Pattern of names that become folder names. No match contains a path separator. */
export const NAME_PATTERN = `^${NAME}$`;

export const NAME_FORM = 'Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit.';

/** Largest length of a model name, in characters. */
export const MODEL_NAME_LENGTH = 64;

/** Model name. Also the name of the folder in which the store keeps the model. */
export const ModelName = Type.String({
  pattern: NAME_PATTERN,
  description: NAME_FORM,
});

/** Name and version of a stored model. Versions count from 1. */
export const ModelReference = Type.Object(
  { name: ModelName, version: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);
export type ModelReference = Static<typeof ModelReference>;
