/** A time relative to now, with the full time as its title. It stays up to date. */
import { signal } from '@preact/signals';
import { relativeTime } from '../../wording/time-text.js';
import { fullTime } from './format.js';

const REFRESH_MS = 15_000;
const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, REFRESH_MS);

export function Time({ at }: { at: string | number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {relativeTime(at, Math.max(now.value, Date.now()))}
    </time>
  );
}
