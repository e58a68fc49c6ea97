/** Numbers and sizes as text. Durations, ranges and dates are in `src/wording`. */

import { durationText } from '../../wording/time-text.js';

const LOCALE = 'en';

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const absolute = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });

/** Text for a value that is not there. */
export const NONE = '–';

/** Space between a number and its unit, at which a line does not break. */
const SPACE = '\u00a0';

/** `60,000` */
export const count = (value: number | undefined): string => (value === undefined ? NONE : whole.format(value));

/** `1.2M` */
export const shortCount = (value: number | undefined): string => (value === undefined ? NONE : compact.format(value));

/** `1 image`, `3 images` */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A share between 0 and 1 as percent: `91.4 %`. `digits`: after the point, default 1. */
export const percent = (share: number | null | undefined, digits = 1): string =>
  share === undefined || share === null || !Number.isFinite(share) ? NONE : `${(share * 100).toFixed(digits)}${SPACE}%`;

/** A loss or another measured number, in 4 digits: `0.3127`, `12.04`, small ones in 2: `0.00089`, `1.25e-5`. JSON has null for NaN. */
export function measured(value: number | null | undefined): string {
  if (value === undefined) return NONE;
  if (value === null || Number.isNaN(value)) return 'NaN';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6 || size < 1e-4)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  if (size >= 1000) return whole.format(value);
  return size < 1e-3 ? String(Number(value.toPrecision(2))) : value.toPrecision(4);
}

/** A learning rate or another setting, as short as it is exact: `0.1`, `3e-4`. */
export const setting = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3
    ? value.toExponential().replace('e+', 'e')
    : String(Number(value.toPrecision(12)));

/** Images per second: `1,240/s`, or with what is counted: `1,240 images/s`. */
export const rate = (value: number | null | undefined, what = ''): string =>
  value === undefined || value === null
    ? NONE
    : `${value >= 10 ? whole.format(value) : value.toPrecision(2)}${what && SPACE + what}/s`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in powers of 1000: `1.3 MB`. */
export function bytes(value: number | undefined): string {
  if (value === undefined) return NONE;
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const amount = value / 1000 ** power;
  return `${power === 0 || amount >= 100 ? whole.format(amount) : amount.toFixed(1)}${SPACE}${UNITS[power]}`;
}

/** `3 min 20 s`; a dash for no duration. */
export const duration = (seconds: number | undefined): string =>
  seconds === undefined || !Number.isFinite(seconds) ? NONE : durationText(seconds);

/** The time in full, in the reader's time zone. */
export const fullTime = (at: string | number | Date): string => absolute.format(new Date(at));

/** The first part of a job's id, which is enough to tell jobs apart. */
export const shortId = (id: string): string => id.slice(0, 8);

/** Shortens the id within a reference to a checkpoint: `job:3a4f53d0@best`. Other references stay. */
export const shortReference = (reference: string): string =>
  reference.replace(/^job:([^@]+)/, (_, id: string) => `job:${shortId(id)}`);
