/** JSON of a frame without its number. Replaces NaN and infinities by null. */
import type { JobEvent } from '../contracts/jobs/frame.js';

/** Returns the JSON of an object with at least one field. The script that numbers the frame inserts `seq` in front. */
export function frameBody(event: JobEvent, envelope: Readonly<{ jobId: string; at: string }>): string {
  const { value, nonFinite } = jsonSafe(event);
  return JSON.stringify({ ...envelope, ...(value as object), ...(nonFinite.length > 0 && { nonFinite }) });
}

/** Copies a value with null in place of NaN and infinities, which JSON cannot express. `nonFinite` has their paths, as `a.b.0`. */
export function jsonSafe(value: unknown, path = ''): Readonly<{ value: unknown; nonFinite: string[] }> {
  if (typeof value === 'number' && !Number.isFinite(value)) return { value: null, nonFinite: [path] };
  if (typeof value !== 'object' || value === null) return { value, nonFinite: [] };
  const parts = Object.entries(value).map(
    ([name, part]) => [name, jsonSafe(part, path === '' ? name : `${path}.${name}`)] as const,
  );
  const nonFinite = parts.flatMap(([, part]) => part.nonFinite);
  if (nonFinite.length === 0) return { value, nonFinite };
  if (Array.isArray(value)) return { value: parts.map(([, part]) => part.value), nonFinite };
  return { value: Object.fromEntries(parts.map(([name, part]) => [name, part.value])), nonFinite };
}
