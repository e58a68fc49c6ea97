/** Help behind a question mark, on the native popover: click, Enter or Space opens it, Escape or a click elsewhere closes it. */
import './help.css';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { Icon } from './icon.js';

type Props = Readonly<{
  /** Id of the text, for `aria-describedby` of the input. */
  id: string;
  /** Title of the field. */
  title: string;
  children: ComponentChildren;
}>;

export function Help({ id, title, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const text = useRef<HTMLDivElement>(null);
  return (
    <>
      <button type="button" ref={button} class="help-button" aria-label={`About ${title}`} popovertarget={id}>
        <Icon name="question" size={14} />
      </button>
      <div
        id={id}
        ref={text}
        popover="auto"
        role="note"
        class="help small"
        onToggle={({ newState }) => {
          if (newState === 'open' && text.current && button.current) place(text.current, button.current);
        }}
      >
        {children}
      </div>
    </>
  );
}

/** Distance from the question mark and from the edges of the window, in pixels. */
const GAP = 8;

/** Places a text below a button, or above it if there is no room below. It scrolls with the page. In a narrow window it is at the bottom. */
function place(text: HTMLElement, button: HTMLElement): void {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = text;
  const isBelow = bottom + GAP + height <= innerHeight || top < height + GAP;
  text.style.top = `${scrollY + (isBelow ? bottom + GAP : top - GAP - height)}px`;
  text.style.left = `${scrollX + Math.max(GAP, Math.min(left, document.documentElement.clientWidth - width - GAP))}px`;
}

/** Opens the help of the field that has the focus. */
export function openFocusedHelp(): void {
  const described = document.activeElement?.getAttribute('aria-describedby')?.split(' ') ?? [];
  const help = described.map((id) => document.getElementById(id)).find((each) => each?.matches('.help'));
  if (help?.matches(':popover-open')) help.hidePopover();
  else help?.showPopover();
}
