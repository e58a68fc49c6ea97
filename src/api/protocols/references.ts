/** How the inference protocols name a model in a path, as a reference of ours. */
import { Type } from 'typebox';
import { parseReference } from '../../contracts/reference.js';
import { TrainyardError } from '../../errors.js';

export const modelName = Type.String({ maxLength: 200, description: 'Name of the model.' });
export const versionOrLabel = Type.String({ maxLength: 200, description: 'Version of the model.' });

export type ModelPath = Readonly<{ name: string; version?: string | number; label?: string }>;

/** Throws `model_not_found` where it can be no reference. */
export function referenceOf({ name, version, label }: ModelPath): string {
  const place = version ?? label;
  const reference = place === undefined ? name : `${name}@${place}`;
  if (parseReference(reference) !== undefined) return reference;
  throw new TrainyardError(
    'model_not_found',
    `There is no model "${reference.slice(0, 140)}": GET /v2/models lists those there are.`,
  );
}
