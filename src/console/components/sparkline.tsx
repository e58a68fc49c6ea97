/** Sparkline: the course of a number in the size of a word. */
import './sparkline.css';

/** `label` says in words what the line shows, for example "Loss from 2.30 to 0.31". */
export function Sparkline({
  values,
  label,
  width = 96,
  height = 24,
}: {
  values: readonly (number | null)[];
  label: string;
  width?: number;
  height?: number;
}) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length < 2) return <span class="sparkline-empty muted">{label === '' ? '' : '…'}</span>;
  const min = Math.min(...known);
  const span = Math.max(...known) - min || 1;
  const points = values.flatMap((value, index) => {
    if (value === null || !Number.isFinite(value)) return [];
    const x = (index / (values.length - 1)) * (width - 2) + 1;
    return [`${x.toFixed(1)},${((1 - (value - min) / span) * (height - 4) + 2).toFixed(1)}`];
  });
  return (
    <svg
      class="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
      />
    </svg>
  );
}
