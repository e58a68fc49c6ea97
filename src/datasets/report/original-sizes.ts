/** Sizes and aspect ratios of the files before they were scaled. */
import type { OriginalSizes, Quantiles } from '../../contracts/datasets/dataset-report.js';
import type { Survey } from './survey.js';

/** Returns extremes and percentiles. Undefined if no size is known. `side`: side of the stored images, in pixels. */
export function originalSizes(survey: Survey, side: number): OriginalSizes | undefined {
  const { widths, heights } = survey.sizes();
  const known = widths.filter((width, image) => width > 0 && (heights[image] ?? 0) > 0);
  if (known.length === 0) return undefined;
  const aspects = new Float64Array(widths.length);
  let enlarged = 0;
  for (const [image, width] of widths.entries()) {
    const height = heights[image] ?? 0;
    if (width === 0 || height === 0) continue;
    aspects[image] = width / height;
    if (Math.max(width, height) < side) enlarged += 1;
  }
  const aspect = quantilesOf(aspects, (value) => Math.round(value * 1e3) / 1e3);
  return { images: known.length, width: quantilesOf(widths), height: quantilesOf(heights), aspect, enlarged };
}

/** Returns the quantiles of the numbers above 0, by nearest rank. */
function quantilesOf(numbers: Uint32Array | Float64Array, round = (value: number): number => value): Quantiles {
  const sorted = numbers.filter((value) => value > 0).sort();
  const at = (share: number): number => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return {
    ...{ min: at(0), p5: at(0.05), p25: at(0.25), median: at(0.5), p75: at(0.75), p95: at(0.95), max: at(1) },
  };
}
