/** Whether a stored version answers, as far as is known without asking it. */
import type { ModelReference } from '../../contracts/job.js';
import { isRefusal } from '../../errors.js';
import type { AppDeps } from '../deps.js';

/** Why it does not: its manifest cannot be read, or it did not pass the parity gate. Undefined: it is loaded when it is asked. */
export async function faultOf(
  { store, predictor }: Pick<AppDeps, 'store' | 'predictor'>,
  version: ModelReference,
): Promise<string | undefined> {
  try {
    return predictor.stateOf(await store.get(version)).refused?.message;
  } catch (error) {
    if (isRefusal(error)) return error.message;
    throw error;
  }
}
