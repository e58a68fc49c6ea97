/** Expiry of a key as people write it. */
import { usageError } from './exit-codes.js';

const HOUR_MS = 3_600_000;
const UNITS_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };

/** Returns the time that `12h`, `90d`, `4w` or a date means, as ISO 8601. A date without a time is its beginning in UTC. */
export function parseExpiry(text: string, now = Date.now()): string {
  const [, count, unit = ''] = /^(\d+)([hdw])$/.exec(text) ?? [];
  const at = count === undefined ? dateOf(text) : now + Number(count) * (UNITS_MS[unit] ?? 0);
  const date = new Date(at);
  // The service takes years of four digits.
  if (at > now && date.getTime() < Date.UTC(10_000, 0)) return date.toISOString();
  throw usageError(
    `--expires must be a duration such as 90d or 12h, or a date in the future such as 2030-01-31 (got ${JSON.stringify(text)}).`,
  );
}

/** Returns the time of an ISO 8601 date. Other dates that Date.parse knows are ambiguous: NaN. */
const dateOf = (text: string): number =>
  /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text) ? Date.parse(text) : Number.NaN;
