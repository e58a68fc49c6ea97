/** Statistics of two classifiers on the same images: McNemar's test, and a bootstrap interval of the difference in accuracy. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Number of images on which exactly one classifier is right, below which the exact test is used. */
const MIN_FOR_CHI_SQUARE = 25;
const RESAMPLES = 10_000;
const LEVEL = 0.95;
/** Probabilities below this share of the largest one are left out of a table. */
const NEGLIGIBLE = 1e-16;

/** Images that only the one or only the other classifier classifies correctly. */
export type Discordant = Readonly<{ fixed: number; broken: number }>;

export type McNemarTest = Readonly<{
  test: 'exact' | 'chi-square';
  /** Two-sided: probability of at least this imbalance if both classifiers were equally good. */
  pValue: number;
}>;

/**
 * McNemar's test (McNemar 1947): exact binomial below 25 discordant images, otherwise chi-square with continuity correction, as R's
 * `mcnemar.test`.
 */
export function mcNemarTest({ fixed, broken }: Discordant): McNemarTest {
  const total = fixed + broken;
  if (total < MIN_FOR_CHI_SQUARE) return { test: 'exact', pValue: exactPValue(fixed, broken) };
  const statistic = Math.max(0, Math.abs(fixed - broken) - 1) ** 2 / total;
  return { test: 'chi-square', pValue: chiSquareTail(statistic) };
}

function exactPValue(a: number, b: number): number {
  const total = a + b;
  let [term, sum] = [2 ** -total, 0];
  for (let k = 0; k <= Math.min(a, b); k++) {
    sum += term;
    term *= (total - k) / (k + 1);
  }
  return Math.min(1, 2 * sum);
}

/** Returns P(X > x) of a chi-square distribution with one degree of freedom: Q(1/2, x/2), see Press et al., Numerical Recipes, 6.2. */
function chiSquareTail(x: number): number {
  const half = x / 2;
  if (half === 0) return 1;
  const factor = Math.exp(-half) * Math.sqrt(half / Math.PI);
  return half < 1.5 ? 1 - factor * gammaSeries(half) : factor * gammaFraction(half);
}

/** Series of P(1/2, x), without its factor. */
function gammaSeries(x: number): number {
  let [term, sum] = [2, 2];
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= x / (n + 0.5);
    sum += term;
  }
  return sum;
}

/** Continued fraction of Q(1/2, x), without its factor, by the method of Lentz. */
function gammaFraction(x: number): number {
  let b = x + 0.5;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let product = d;
  for (let n = 1; n < 1_000; n++) {
    const a = -n * (n - 0.5);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    product *= c * d;
    if (Math.abs(c * d - 1) < Number.EPSILON) break;
  }
  return product;
}

/** Interval of a difference in accuracy. */
export type BootstrapInterval = Readonly<{ low: number; high: number; level: number; resamples: number }>;

/**
 * Percentile bootstrap interval of the difference in accuracy (Efron & Tibshirani 1993, chapter 13), from a fixed seed. A resample of the
 * images has multinomial counts, so the counts are drawn instead of the images.
 */
export function bootstrapInterval(images: number, { fixed, broken }: Discordant, seed = 0): BootstrapInterval {
  const random = xoroshiro128plus(seed);
  const uniform = (): number => (random.next() >>> 0) / 2 ** 32;
  const discordant = fixed + broken;
  const draw = (table: BinomialTable): number => table.draw(uniform());
  const totals = binomialTable(images, discordant / images);
  const drawn = Array.from({ length: RESAMPLES }, () => draw(totals)).sort((a, b) => a - b);
  const share = discordant === 0 ? 0 : fixed / discordant;
  let [table, count] = [binomialTable(0, share), 0];
  const differences = drawn.map((total) => {
    if (total !== count) [table, count] = [binomialTable(total, share), total];
    return (2 * draw(table) - total) / images;
  });
  differences.sort((a, b) => a - b);
  const [low, high] = [quantile(differences, (1 - LEVEL) / 2), quantile(differences, (1 + LEVEL) / 2)];
  return { low, high, level: LEVEL, resamples: RESAMPLES };
}

type BinomialTable = Readonly<{ draw(uniform: number): number }>;

/** Returns the inverse cumulative distribution of a binomial, computed outwards from its mode. */
function binomialTable(n: number, p: number): BinomialTable {
  if (n === 0 || p <= 0) return { draw: () => 0 };
  if (p >= 1) return { draw: () => n };
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  const [below, above]: [number[], number[]] = [[], []];
  for (let k = mode, value = 1; k > 0; k--) {
    value *= k / ((n - k + 1) * odds);
    if (value < NEGLIGIBLE) break;
    below.push(value);
  }
  for (let k = mode, value = 1; k < n; k++) {
    value *= ((n - k) * odds) / (k + 1);
    if (value < NEGLIGIBLE) break;
    above.push(value);
  }
  const first = mode - below.length;
  let sum = 0;
  const cumulative = [...below.reverse(), 1, ...above].map((value) => {
    sum += value;
    return sum;
  });
  return { draw: (uniform) => first + lowerBound(cumulative, uniform * sum) };
}

/** Returns the index of the first value above `wanted` in ascending values, at most the last index. */
function lowerBound(values: readonly number[], wanted: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Returns a quantile of ascending values, interpolated linearly as NumPy does. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (place - Math.floor(place)) * (high - low);
}
