/** Bars with names and values: the classes of a prediction, counts of classes. */
import './bar-list.css';
import type { ComponentChildren } from 'preact';

export type Bar = Readonly<{
  id: string;
  name: ComponentChildren;
  /** Length of the bar, 0 to 1. */
  share: number;
  /** The value in words. */
  text: ComponentChildren;
  /** Stands out from the others. */
  isMarked?: boolean;
}>;

export function BarList({ bars, label }: { bars: readonly Bar[]; label: string }) {
  return (
    <ol class="bars" aria-label={label}>
      {bars.map(({ id, name, share, text, isMarked }) => (
        <li key={id} class={isMarked ? 'bar bar-marked' : 'bar'}>
          <span class="bar-name name">{name}</span>
          <span class="bar-value">{text}</span>
          <span class="bar-track" aria-hidden="true">
            <span style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}
