/** Modal dialogs on the native `dialog`, and questions before an action. */
import './dialog.css';
import { effect, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { path } from '../router/router.js';
import { Button } from './button.js';
import { FailedAction } from './states.js';

type DialogProps = Readonly<{
  title: string;
  /** Called on Escape, on the close button, and on a click outside. */
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons at the end. The last is the main one. */
  actions?: ComponentChildren;
  /** Why the action failed. A message outside of the dialog could not be read. */
  error?: unknown;
  wide?: boolean;
}>;

/** A dialog that is open as long as it is rendered. */
export function Dialog({ title, onClose, children, actions, error, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // In the same task as the click, so that a key pressed next reaches the dialog.
  useLayoutEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog${wide ? ' dialog-wide' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog-inside">
        <header class="dialog-header">
          <h2 id={id} class="wrap-anywhere">
            {title}
          </h2>
          <Button kind="quiet" small icon="close" label="Close" onClick={onClose} />
        </header>
        <div class="dialog-body">{children}</div>
        {error !== undefined && (
          <div class="dialog-error">
            <FailedAction error={error} />
          </div>
        )}
        {actions !== undefined && <footer class="dialog-actions">{actions}</footer>}
      </div>
    </dialog>
  );
}

export type Question = Readonly<{
  title: string;
  text?: ComponentChildren;
  /** Name of the action: "Delete 3 jobs". */
  action: string;
  isDanger?: boolean;
}>;

const openQuestion = signal<(Question & { answer: (yes: boolean) => void }) | undefined>(undefined);

/** Asks before an action that cannot be undone. Resolves with whether the person agreed. */
export const confirm = (question: Question): Promise<boolean> =>
  new Promise((resolve) => {
    openQuestion.peek()?.answer(false);
    openQuestion.value = {
      ...question,
      answer: (yes) => {
        openQuestion.value = undefined;
        resolve(yes);
      },
    };
  });

// A question about one page is none on the next.
effect(() => {
  path.value;
  openQuestion.peek()?.answer(false);
});

/** Place of the question that `confirm` asks. The shell has one. */
export function ConfirmDialog() {
  const question = openQuestion.value;
  if (question === undefined) return null;
  const { title, text, action, isDanger = false, answer } = question;
  return (
    <Dialog
      title={title}
      onClose={() => answer(false)}
      actions={
        <>
          <Button onClick={() => answer(false)}>Cancel</Button>
          <Button kind={isDanger ? 'danger' : 'primary'} onClick={() => answer(true)} autoFocus>
            {action}
          </Button>
        </>
      }
    >
      {text}
    </Dialog>
  );
}
