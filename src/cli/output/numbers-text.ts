/** Numbers and ids as people read them. */

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Returns a loss with 3 digits after the point; null is a number that is not finite. */
export const lossText = (loss: number | null | undefined): string =>
  loss === undefined ? '' : loss === null ? 'NaN' : loss >= 1000 ? loss.toExponential(1) : loss.toFixed(3);

/** Returns `512 B`, `6.3 kB`, `312 MB`, `1.2 GB`: powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Returns an integer with commas: `12,000`. `Intl.NumberFormat` would take 10 ms to start. */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** Returns the count with its noun: `1 image`, `2 images`. */
export const counted = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Returns the first 8 characters of a job id: enough for every command. */
export const shortId = (id: string): string => id.slice(0, 8);
