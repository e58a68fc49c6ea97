/** Menu of actions behind a button, on the native popover. Arrow keys move, Escape closes. */
import './menu.css';
import { render } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

export type MenuItem = Readonly<{
  title: string;
  icon?: IconName;
  isDanger?: boolean;
  /** Why the action is not possible now. The item then shows it and does nothing. */
  disabled?: string | undefined;
  run: () => void;
}>;

type Props = Readonly<{ items: readonly MenuItem[]; label: string; icon?: IconName; text?: string; small?: boolean }>;

export function Menu({ items, label, icon = 'more', text, small = true }: Props) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  // Items exist only while the menu is open: a table has a menu in each row.
  const show = (isOpen: boolean): void => {
    if (!list.current) return;
    const close = (): void => list.current?.hidePopover();
    const shown = items.map((item, index) => <Item key={item.title} item={item} isFirst={index === 0} close={close} />);
    render(isOpen ? shown : null, list.current);
  };
  useLayoutEffect(() => {
    if (list.current?.matches(':popover-open')) show(true);
  });
  const place = (): void => {
    if (!list.current || !button.current) return;
    const anchor = button.current.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = list.current;
    const below = anchor.bottom + 4 + height <= innerHeight ? anchor.bottom + 4 : Math.max(8, anchor.top - 4 - height);
    list.current.style.top = `${below}px`;
    list.current.style.left = `${Math.max(8, Math.min(anchor.right - width, innerWidth - width - 8))}px`;
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        class={`button ${text === undefined ? 'button-quiet button-icon' : ''}${small ? ' button-small' : ''}`}
        aria-haspopup="menu"
        aria-label={text === undefined ? label : undefined}
        title={text === undefined ? label : undefined}
        popovertarget={id}
      >
        {text}
        <Icon name={text === undefined ? icon : 'chevron-down'} size={text === undefined ? 16 : 12} />
      </button>
      <div
        id={id}
        ref={list}
        popover="auto"
        role="menu"
        aria-label={label}
        class="menu"
        onBeforeToggle={(event) => {
          if (event.newState === 'open') show(true);
        }}
        onToggle={(event) => {
          if (event.newState === 'open') place();
          else show(false);
        }}
        onKeyDown={(event) => moveInMenu(event, list.current)}
      />
    </>
  );
}

type ItemProps = Readonly<{ item: MenuItem; isFirst: boolean; close: () => void }>;

function Item({ item: { title, icon, isDanger, disabled, run }, isFirst, close }: ItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      // The browser moves the focus there in the same task that opens the menu.
      autofocus={isFirst}
      class={`menu-item${isDanger ? ' menu-danger' : ''}`}
      aria-disabled={disabled !== undefined}
      onClick={() => {
        if (disabled !== undefined) return;
        close();
        run();
      }}
    >
      {icon && <Icon name={icon} />}
      <span>
        {title}
        {disabled !== undefined && <span class="menu-why small">{disabled}</span>}
      </span>
    </button>
  );
}

function moveInMenu(event: KeyboardEvent, list: HTMLElement | null): void {
  const items = [...(list?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
  const index = items.indexOf(document.activeElement as HTMLElement);
  const moves: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 };
  const target = moves[event.key];
  if (target === undefined) return;
  event.preventDefault();
  items.at(target % items.length)?.focus();
}
