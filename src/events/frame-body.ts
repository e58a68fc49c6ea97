/** The JSON of a frame, its number aside. The one place where events become text, and where NaN and infinities become null. */
import type { JobEvent } from '../contracts/jobs/frame.js';

/** Ends with `}` and has at least one field: the script that numbers the frame puts `seq` in front. */
export function frameBody(event: JobEvent, envelope: Readonly<{ jobId: string; at: string }>): string {
  const { value, nonFinite } = jsonSafe(event);
  return JSON.stringify({ ...envelope, ...(value as object), ...(nonFinite.length > 0 && { nonFinite }) });
}

/** A copy in which NaN and infinities, which JSON cannot say, are null; `nonFinite` has the paths to them, as `a.b.0`. */
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
