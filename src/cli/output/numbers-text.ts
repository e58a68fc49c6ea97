/** Numbers, times and ids as people read them. */

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Returns a loss with 3 digits after the point; null is a number that is not finite. */
export const lossText = (loss: number | null | undefined): string =>
  loss === undefined ? '' : loss === null ? 'NaN' : loss >= 1000 ? loss.toExponential(1) : loss.toFixed(3);

/** Returns `7.2 s`, `1:32`, `2:05:09` or `3 d 4 h`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Returns a time that is left, in whole seconds. */
export const timeLeftText = (seconds: number): string =>
  seconds < 10 ? `${Math.ceil(seconds)} s left` : `${durationText(seconds)} left`;

/** Returns `512 B`, `6.3 kB`, `312 MB`, `1.2 GB`: powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

const grouped = new Intl.NumberFormat('en-US');
/** Returns an integer with commas: `12,000`. */
export const countText = (count: number): string => grouped.format(count);

/** Returns the count with its noun: `1 image`, `2 images`. */
export const counted = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Returns how long ago a time was: `just now`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function agoText(iso: string, now = Date.now()): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < 45) return 'just now';
  if (seconds < 3570) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** Returns the first 8 characters of a job id: enough for every command. */
export const shortId = (id: string): string => id.slice(0, 8);
