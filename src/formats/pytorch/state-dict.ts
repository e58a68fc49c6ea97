/** Selection of the weights in a checkpoint, which may also contain an optimizer, an average of the weights, and settings. */
import { StoredView } from './globals.js';
import type { PickleValue } from './pickle.js';
import { refusal, shown } from './refusal.js';

/** Keys under which programs save weights, in the order of preference. Averages of the weights come last. */
export const WEIGHT_KEYS = [
  ...['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'module', 'weights', 'params'],
  ...['state_dict_ema', 'ema_state_dict', 'model_ema', 'ema'],
] as const;
/** Maximum number of dictionaries around the weights. */
const MAX_DEPTH = 4;

/** Returns the named tensors of a checkpoint. Throws `invalid_weights` with the keys that it has instead. */
export function stateDictOf(value: PickleValue): Map<string, StoredView> {
  const found = findTensors(value, MAX_DEPTH);
  if (found !== undefined) return found;
  if (!(value instanceof Map)) throw refusal('it contains no dictionary of tensors');
  const keys = [...value.keys()].filter((key) => typeof key === 'string').slice(0, 8);
  throw refusal(
    `it contains no dictionary of tensors, only the keys ${keys.map(shown).join(', ') || 'of no text'}. Weights may stand at the top or under ${WEIGHT_KEYS.join(', ')}`,
  );
}

function findTensors(value: PickleValue, depth: number): Map<string, StoredView> | undefined {
  if (depth === 0 || !(value instanceof Map)) return undefined;
  const tensors = new Map<string, StoredView>();
  for (const [name, entry] of value)
    if (typeof name === 'string' && entry instanceof StoredView) tensors.set(name, entry);
  if (tensors.size > 0) return tensors;
  for (const key of WEIGHT_KEYS) {
    const found = findTensors(value.get(key) ?? null, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
