/** Short messages about the result of an action, with a way back if there is one. */
import './toast.css';
import { effect, signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { sentenceOf } from '../data/service.js';
import { path } from '../router/router.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

type Toast = Readonly<{
  id: number;
  text: string;
  tone: 'good' | 'bad' | 'info';
  action?: Readonly<{ title: string; run: () => void }> | undefined;
}>;

/** Time before a message goes. Those with a way back stay longer, errors until they are dismissed or another page opens. */
const SHOWN_MS = 5_000;
const LONG_MS = 12_000;
const MOST = 4;

const toasts = signal<readonly Toast[]>([]);
let nextId = 1;

/** Shows a message: `toast('3 jobs deleted', { action: { title: 'Undo', run: restore } })`. */
export function toast(text: string, { tone = 'good', action }: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  const id = nextId;
  nextId += 1;
  // A success after an error settles the error.
  const others = toasts.peek().filter((each) => tone !== 'good' || each.tone !== 'bad');
  toasts.value = [...others, { id, text, tone, action }].slice(-MOST);
  if (tone !== 'bad') setTimeout(() => dismiss(id), action ? LONG_MS : SHOWN_MS);
}

/** Shows why an action failed, in the service's own sentence. */
export const toastError = (error: unknown): void => toast(sentenceOf(error), { tone: 'bad' });

function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((each) => each.id !== id);
}

effect(() => {
  path.value;
  toasts.value = toasts.peek().filter(({ tone }) => tone !== 'bad');
});

/** Place of the messages. The shell has one. */
export function Toasts() {
  const place = useRef<HTMLDivElement>(null);
  const shown = toasts.value;
  useLayoutEffect(() => {
    // Again, so that it lies above a dialog that has opened since.
    place.current?.hidePopover();
    place.current?.showPopover();
  }, [shown]);
  return (
    <div ref={place} class="toasts" role="status" aria-live="polite" popover="manual">
      {shown.map(({ id, text, tone, action }) => (
        <div key={id} class={`toast toast-${tone}`}>
          <Icon name={tone === 'good' ? 'check' : tone === 'bad' ? 'warning' : 'info'} />
          <span class="toast-text">{text}</span>
          {action && (
            <Button
              small
              onClick={() => {
                dismiss(id);
                action.run();
              }}
            >
              {action.title}
            </Button>
          )}
          <Button kind="quiet" small icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
