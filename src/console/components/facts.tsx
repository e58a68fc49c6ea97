/** Facts: key-value lists, and single numbers with a caption. */
import './facts.css';
import type { ComponentChildren } from 'preact';

/** A list of names and values. Entries whose value is undefined are left out. */
export function Facts({ entries }: { entries: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {entries
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd class="wrap-anywhere">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** One number and what it is. */
export function Stat({ label, value, note }: { label: string; value: ComponentChildren; note?: ComponentChildren }) {
  return (
    <div class="stat">
      <span class="stat-label small">{label}</span>
      <span class="stat-value">{value}</span>
      {note !== undefined && <span class="muted small">{note}</span>}
    </div>
  );
}

/** Stats side by side. */
export function Stats({ children }: { children: ComponentChildren }) {
  return <div class="stats">{children}</div>;
}
