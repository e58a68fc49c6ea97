/** Sparkline: a series as one line of block characters. */

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Returns means of at most `count` groups of neighbours. Skips values that are not finite. */
export function downsample(values: readonly number[], count: number): number[] {
  const finite = values.filter(Number.isFinite);
  if (finite.length <= count) return finite;
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * finite.length) / count);
    const group = finite.slice(from, Math.floor(((i + 1) * finite.length) / count));
    return group.reduce((sum, value) => sum + value, 0) / group.length;
  });
}

/** Returns the series as at most `width` blocks, scaled from its minimum to its maximum. */
export function sparkline(values: readonly number[], width: number): string {
  const points = downsample(values, width);
  const low = Math.min(...points);
  const range = Math.max(...points) - low;
  const level = (value: number): number =>
    range === 0 ? 0 : Math.round(((value - low) / range) * (BLOCKS.length - 1));
  return points.map((value) => BLOCKS[level(value)]).join('');
}
