/** How the inference protocols name a model in a path, as a reference of ours. */
import { Type } from 'typebox';

export const modelName = Type.String({ maxLength: 200, description: 'Name of the model.' });
export const versionOrLabel = Type.String({ maxLength: 200, description: 'Version of the model.' });

export type ModelPath = Readonly<{ name: string; version?: string | number; label?: string }>;

export function referenceOf({ name, version, label }: ModelPath): string {
  const place = version ?? label;
  return place === undefined ? name : `${name}@${place}`;
}
