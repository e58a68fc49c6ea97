/** Digests of an idempotency key and of its request. Redis stores nothing else of either. */
import { DEFAULT_PROJECT } from '../contracts/access/project.js';
import type { Idempotency } from '../events/index.js';
import { sha256 } from '../files/sha256.js';

type KeyedRequest = Readonly<{ project?: string; key: string; request: unknown }>;

/**
 * Each project has its own keys. `request` must have its defaults filled in: a default that is left out and one that is written are the
 * same request.
 */
export const idempotencyOf = ({ project = DEFAULT_PROJECT, key, request }: KeyedRequest): Idempotency => ({
  // No key contains a space.
  key: sha256(project === DEFAULT_PROJECT ? key : `${project} ${key}`),
  request: sha256(JSON.stringify(withSortedFields(request))),
});

function withSortedFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedFields);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, withSortedFields(inner)]),
  );
}
