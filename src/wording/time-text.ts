/** Durations, ranges and dates as text. The command and the console use the same words. Without `Intl`, which takes 10 ms to start. */

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

type Unit = readonly [seconds: number, name: string];
const UNITS: readonly Unit[] = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [1, 's'],
];

/** Returns a duration in seconds as `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min` or `3 d 4 h`. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const first = UNITS.findIndex(([size]) => whole >= size);
  const [[large, name], [small, next] = [1, '']] = UNITS.slice(first) as [Unit, Unit?];
  const rest = small === large ? 0 : Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${name}${rest > 0 ? ` ${rest} ${next}` : ''}`;
}

/** Precision of an estimate: durations below the first number are rounded to a multiple of the second, in seconds. */
const ROUNDING = [
  [MINUTE, 1],
  [10 * MINUTE, 10],
  [HOUR, MINUTE],
  [10 * HOUR, 10 * MINUTE],
  [Number.POSITIVE_INFINITY, HOUR],
] as const;

/** Returns an estimated duration, rounded: `4 s`, `1 min 30 s`, `12 min`, `2 h 10 min`, `14 h`. */
function roughText(seconds: number): string {
  const [, step] = ROUNDING.find(([below]) => seconds < below) ?? [0, 1];
  const rounded = Math.max(1, Math.round(seconds / step) * step);
  return rounded < 10 ? `${rounded} s` : durationText(rounded);
}

/** Returns `2 to 5 min`, `50 s to 2 min`, or one duration if both ends read the same. */
function spanText(low: number, high: number): string {
  const [from, to] = [roughText(low), roughText(high)];
  if (from === to) return from;
  const [fromUnit, toUnit] = [from, to].map((text) => /^\d+( \w+)$/.exec(text)?.[1]);
  return `${fromUnit !== undefined && fromUnit === toUnit ? from.slice(0, -fromUnit.length) : from} to ${to}`;
}

/** Returns an estimated duration as `2 to 5 min`, or `about 4 min` if both ends, in seconds, read the same. */
export function rangeText({ low, high }: Readonly<{ low: number; high: number }>): string {
  const text = spanText(low, high);
  return text.includes(' to ') ? text : `about ${text}`;
}

/** Returns `2 to 5 min left`, or `4 min left` for one estimate, in seconds. */
export function leftText(low: number, high = low): string {
  if (high < 1) return 'about to end';
  return low < 1 ? `up to ${roughText(high)} left` : `${spanText(low, high)} left`;
}

/** When a job is expected to end, as the service estimates it. */
type EndEstimate = Readonly<{ endAt?: string; earliestEndAt?: string; latestEndAt?: string; basis?: string }>;

/** Returns the time to the expected end: `2 to 5 min left`, with its basis unless such jobs were measured. Undefined without an end. */
export function estimateText(
  { endAt, earliestEndAt = endAt, latestEndAt = endAt, basis }: EndEstimate,
  now = Date.now(),
): string | undefined {
  if (earliestEndAt === undefined || latestEndAt === undefined) return undefined;
  const [low, high] = [earliestEndAt, latestEndAt].map((at) => (Date.parse(at) - now) / 1000) as [number, number];
  return `${leftText(low, high)}${basis === 'computed' ? ' (computed, not yet measured)' : ''}`;
}

/** Returns `now`, `20 s ago`, `5 min ago`, `in 3 h`, and a date if the time is a week or more away. */
export function relativeTime(at: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return 'now';
  if (size >= 7 * DAY) return dateText(new Date(at));
  const [unit, name] = UNITS.find(([each]) => Math.round(size / each) >= 1 && size >= 0.99 * each) ?? [1, 's'];
  const text = `${Math.round(size / unit)} ${name}`;
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

/** Returns a date in the reader's time zone: `Nov 30, 2026`. */
const dateText = (date: Date): string => `${MONTHS[date.getMonth()]} ${date.getDate()}, ${date.getFullYear()}`;
