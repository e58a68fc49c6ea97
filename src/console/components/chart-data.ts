/** Data of charts: series on a common x axis, smoothing, and CSV. */
import uPlot from 'uplot';

export type Series = Readonly<{
  id: string;
  name: string;
  x: readonly number[];
  /** null and NaN leave a gap. */
  y: readonly (number | null)[];
  /** CSS colour: `seriesColor(0)`, or of `seriesColors(ids)`. */
  color: string;
  isDashed?: boolean;
  /** Marks each point, for series with few. */
  hasPoints?: boolean;
  /** Whether the smoothing applies. Default true. */
  isSmoothed?: boolean;
}>;

/** Columns of a chart: x, then one for each series. */
export type Columns = readonly [x: readonly number[], ...(readonly (number | null)[])[]];

/** Returns the series on one x axis. Series with the same array of x are not searched. */
export function joinSeries(series: readonly Pick<Series, 'x' | 'y'>[]): Columns {
  const [first] = series;
  if (first === undefined) return [[]];
  if (series.every(({ x }) => x === first.x)) return [first.x, ...series.map(({ y }) => y)];
  const tables = series.map(({ x, y }) => [x, y] as unknown as uPlot.AlignedData);
  return uPlot.join(tables) as unknown as Columns;
}

/**
 * Smooths values with an exponential moving average whose start is corrected, as TensorBoard does. `weight`: 0 (none) to 0.999. A value
 * that is missing or not finite stays as it is, and the average continues after it.
 */
export function smooth(values: readonly (number | null)[], weight: number): readonly (number | null)[] {
  if (weight <= 0) return values;
  let last = 0;
  let correction = 0;
  return values.map((value) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return value ?? null;
    last = last * weight + (1 - weight) * value;
    correction = correction * weight + (1 - weight);
    return last / correction;
  });
}

/** Returns columns as CSV (RFC 4180). */
export function toCsv(names: readonly string[], columns: Columns): string {
  const [x, ...rest] = columns;
  const head = names.map((name) => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',');
  const lines = x.map((value, row) => [value, ...rest.map((column) => column[row] ?? '')].join(','));
  return `${[head, ...lines].join('\n')}\n`;
}

/** Returns the index of the value nearest to `x` in ascending values. */
export function nearest(values: readonly number[], x: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const [before = Number.NEGATIVE_INFINITY, at = Number.POSITIVE_INFINITY] = [values[low - 1], values[low]];
  return x - before < at - x ? low - 1 : low;
}
