/** Heading of a page: title, what stands above it, and the page's actions. Sets the title of the document. */
import './page-header.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { arrival } from '../router/router.js';
import { Icon } from './icon.js';
import { Link } from './link.js';

type Props = Readonly<{
  title: string;
  /** Path to this page: `[['Models', to('models')]]`. */
  parents?: readonly (readonly [text: string, to: string])[];
  /** Beside the title, such as a status. */
  aside?: ComponentChildren;
  /** One line below the title. */
  note?: ComponentChildren;
  /** Buttons on the right. */
  actions?: ComponentChildren;
}>;

export function PageHeader({ title, parents = [], aside, note, actions }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · trainyard`;
  }, [title]);
  useEffect(() => {
    // The first page leaves the focus where the browser puts it.
    if (arrival.peek().kind !== 'load') heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <header class="page-header">
      {parents.length > 0 && (
        <nav aria-label="Path" class="page-path small">
          {parents.map(([text, place]) => (
            <span key={place} class="page-path-part">
              <Link to={place} class="name">
                {text}
              </Link>
              <Icon name="right" size={10} />
            </span>
          ))}
        </nav>
      )}
      <div class="page-title">
        <div class="page-title-text">
          <h1 ref={heading} tabIndex={-1} class="wrap-anywhere">
            {title}
          </h1>
          {aside}
        </div>
        {actions !== undefined && <div class="row">{actions}</div>}
      </div>
      {note !== undefined && <p class="muted">{note}</p>}
    </header>
  );
}
