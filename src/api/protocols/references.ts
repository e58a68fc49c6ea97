/** Model references from the paths of the inference protocols. */
import { Type } from 'typebox';
import { parseReference } from '../../contracts/references/reference.js';
import { TrainyardError } from '../../errors/errors.js';
import type { RequireModel } from '../prediction/scope.js';

export const modelName = Type.String({ maxLength: 200, description: 'Name of the model.' });
export const versionOrLabel = Type.String({ maxLength: 200, description: 'Version of the model.' });

export type ModelPath = Readonly<{ name: string; version?: string | number; label?: string }>;

/** Returns the model reference of a path, as `boots@3`. Throws `model_not_found` if the text is no reference. */
export function referenceOf({ name, version, label }: ModelPath): string {
  const suffix = version ?? label;
  const reference = suffix === undefined ? name : `${name}@${suffix}`;
  if (parseReference(reference) !== undefined) return reference;
  throw new TrainyardError(
    'model_not_found',
    `There is no model "${reference.slice(0, 140)}": GET /v2/models lists the models.`,
  );
}

/** Checks that the model of a path exists, before the body is read. Throws what the path's schema and the resolver throw. */
export const requireModelOfPath: RequireModel = async (request) => {
  const { params } = request;
  if (typeof params !== 'object' || params === null || !('name' in params)) return;
  // Fastify's type does not know the result of this service's own validator.
  const { error } = request.validateInput(params, 'params') as unknown as { error?: TrainyardError };
  if (error !== undefined) throw error;
  await request.project.classifier.resolve(referenceOf(params as ModelPath), request.caller.signal);
};
