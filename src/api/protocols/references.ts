/** How the inference protocols name a model in a path, as a reference of ours. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { parseReference } from '../../contracts/references/reference.js';
import { TrainyardError } from '../../errors/errors.js';
import type { Classifier } from '../../inference/classifier.js';
import type { RequireModel } from '../prediction/scope.js';

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

/** Looks for the model of a path before the body is read. Throws what its schema and the resolver throw. */
export const requireModelOfPath =
  (classifier: Pick<Classifier, 'resolve'>): RequireModel =>
  async (request: FastifyRequest): Promise<void> => {
    const { params } = request;
    if (typeof params !== 'object' || params === null || !('name' in params)) return;
    // The answer is that of this service's own compiler, which Fastify's type does not know.
    const { error } = request.validateInput(params, 'params') as unknown as { error?: TrainyardError };
    if (error !== undefined) throw error;
    await classifier.resolve(referenceOf(params as ModelPath), request.caller.signal);
  };
