/** Digests of an idempotency key and of the request it was sent with: all that is kept of either. */
import type { Idempotency } from '../events/index.js';
import { sha256 } from '../files/sha256.js';

/** `request` is the request with its defaults filled in, so that leaving one out or naming it is the same request. */
export const idempotencyOf = (key: string, request: unknown): Idempotency => ({
  key: sha256(key),
  request: sha256(JSON.stringify(sorted(request))),
});

/** The value with the fields of each object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
