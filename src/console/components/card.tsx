/** Card: a part of a page with a heading. */
import './card.css';
import type { ComponentChildren, RefObject } from 'preact';
import { useId } from 'preact/hooks';

type Props = Readonly<{
  title?: string;
  /** Beside the heading, on the right. */
  actions?: ComponentChildren;
  /** Removes the padding of the body, for tables and images. */
  flush?: boolean;
  element?: RefObject<HTMLElement | null>;
  children: ComponentChildren;
}>;

export function Card({ title, actions, flush = false, element, children }: Props) {
  const id = useId();
  return (
    <section {...(element && { ref: element })} class="card" aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <header class="card-header">
          <h2 id={id}>{title}</h2>
          {actions !== undefined && <div class="row">{actions}</div>}
        </header>
      )}
      <div class={flush ? 'card-flush' : 'card-body'}>{children}</div>
    </section>
  );
}
