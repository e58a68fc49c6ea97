/** Finds the version that a model reference names. */

import { didYouMean, nearest } from '../spelling/nearest-words.js';
import type { Context } from './context.js';
import { CliError, EXIT, usageError } from './exit-codes.js';

export type ModelVersionName = Readonly<{ name: string; version: number }>;

/** Forms of a model reference, for the help. */
export const MODEL_FORM = 'name, name@3 or name@stable';

const REFERENCE = /^([a-z0-9][a-z0-9._-]{0,63})(?:@([a-z0-9][a-z0-9_-]{0,63}))?$/;

/** Splits `name@3`, `name@stable` or `name`. Throws a usage error for other text. */
export function splitReference(text: string): Readonly<{ name: string; tag: string | undefined }> {
  const [, name, tag] = REFERENCE.exec(text) ?? [];
  if (name === undefined) throw usageError(`${JSON.stringify(text)} is no model reference.`, `Write ${MODEL_FORM}.`);
  return { name, tag };
}

/** Returns name and version of a reference. A name alone, or `@latest`, is the newest version. */
export async function findModel({ client, signal }: Context, text: string): Promise<ModelVersionName> {
  const { name, tag } = splitReference(text);
  if (tag !== undefined && /^\d+$/.test(tag)) return { name, version: Number(tag) };
  const { models } = await client();
  const { versions, labels, latest } = await models.get(name, { signal });
  if (tag === undefined || tag === 'latest') return { name, version: latest.version ?? versions.at(-1) ?? 1 };
  const version = labels[tag];
  if (version === undefined)
    throw new CliError(
      EXIT.refused,
      `The model ${name} has no label ${tag}.`,
      didYouMean(nearest(tag, Object.keys(labels))) ?? `Labels: ${Object.keys(labels).join(', ') || 'none'}.`,
    );
  return { name, version };
}
