/** Progress bar. */
import './progress.css';

/** `share` between 0 and 1; undefined while the amount is not known. `label` says what progresses. */
export function Progress({
  share,
  label,
  tone = 'accent',
}: {
  share: number | undefined;
  label: string;
  tone?: 'accent' | 'muted' | 'warn' | 'bad';
}) {
  const width = Math.min(1, Math.max(0, share ?? 0)) * 100;
  return (
    <div
      class={`progress progress-${tone}${share === undefined ? ' progress-unknown' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share !== undefined && { 'aria-valuenow': Math.round(width) })}
    >
      <span style={{ width: share === undefined ? '100%' : `${width}%` }} />
    </div>
  );
}
