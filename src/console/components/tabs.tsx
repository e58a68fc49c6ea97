/** Tabs, bound to a parameter of the address. Arrow keys, Home and End move between them. */
import './tabs.css';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { QuerySignal } from '../router/router.js';

export type Tab<Id extends string> = Readonly<{ id: Id; title: ComponentChildren; content: () => ComponentChildren }>;

/** Shows the tabs and the content of the chosen one. `value`: `queryOneOf('tab', ['curves', 'events'])`. */
export function Tabs<Id extends string>({
  tabs,
  value,
  label,
}: {
  tabs: readonly Tab<Id>[];
  value: Pick<QuerySignal<Id>, 'value' | 'push'>;
  label: string;
}) {
  const prefix = useId();
  const chosen = tabs.find(({ id }) => id === value.value) ?? tabs[0];
  const onKeyDown = (event: KeyboardEvent): void => {
    const index = tabs.findIndex(({ id }) => id === chosen?.id);
    const moves: Record<string, number> = {
      ArrowLeft: index - 1,
      ArrowRight: index + 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const target = moves[event.key];
    const next = target === undefined ? undefined : tabs[(target + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    value.value = next.id;
    document.getElementById(`${prefix}-${next.id}`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label={label} class="tabs" onKeyDown={onKeyDown}>
        {tabs.map(({ id, title }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${prefix}-${id}`}
            class="tab"
            aria-selected={id === chosen?.id}
            aria-controls={id === chosen?.id ? `${prefix}-panel` : undefined}
            tabIndex={id === chosen?.id ? 0 : -1}
            onClick={() => value.push(id)}
          >
            {title}
          </button>
        ))}
      </div>
      {chosen && (
        <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-${chosen.id}`} key={chosen.id}>
          {chosen.content()}
        </div>
      )}
    </>
  );
}
