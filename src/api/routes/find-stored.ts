/** Lookup of stored models by reference. */
import { parseReference } from '../../contracts/references/reference.js';
import { TrainyardError } from '../../errors/errors.js';
import type { StoredModel } from '../../store/index.js';
import type { AppDeps } from '../deps.js';

/** Returns the stored model of a reference. Throws `model_not_found` or `label_not_found`. */
export async function findStored(
  store: Pick<AppDeps['store'], 'get' | 'labels'>,
  reference: string,
): Promise<StoredModel> {
  const parsed = parseReference(reference);
  if (parsed?.kind === 'version' || parsed?.kind === 'newest') return store.get(parsed);
  if (parsed?.kind !== 'label') throw new TrainyardError('invalid_request', 'The reference names no stored model.');
  const { name, label } = parsed;
  const { version } = await store.labels.get(name, label);
  if (version !== null) return store.get({ name, version });
  throw new TrainyardError('label_not_found', `No version of model "${name}" has the label "${label}".`);
}
