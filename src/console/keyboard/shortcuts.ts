/** The one registry of commands and their shortcuts. `?` and the command palette show what is registered. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** A command: a line of the command palette, and its shortcut if it has one. */
export type Command = Readonly<{
  id: string;
  title: string;
  /** Heading under which `?` and the palette show it. */
  group: string;
  /** `mod+k` (Ctrl, on Apple ⌘), `shift+d`, `?`, `Escape`, or keys one after the other: `g j`. Several shortcuts: `mod+k | /`. */
  keys?: string;
  /** Other words by which the palette finds it. */
  words?: string;
  run: () => void;
}>;

export const commands = signal<readonly Command[]>([]);

const ONE_KEY = 'trainyard-one-key-shortcuts';
/** Whether shortcuts without Ctrl or ⌘ work: speech input and slips of the hand trigger them. */
export const oneKeyShortcuts = signal(localStorage.getItem(ONE_KEY) !== 'off');

export function setOneKeyShortcuts(on: boolean): void {
  oneKeyShortcuts.value = on;
  localStorage.setItem(ONE_KEY, on ? 'on' : 'off');
}

/** Registers commands until the returned function is called. */
export function register(added: readonly Command[]): () => void {
  commands.value = [...commands.peek(), ...added];
  return () => {
    commands.value = commands.peek().filter((command) => !added.includes(command));
  };
}

/** Registers commands while a component is mounted. They are registered again if `deps` change. */
export function useCommands(make: () => readonly Command[], deps: readonly unknown[] = []): void {
  useEffect(() => register(make()), [...deps]);
}

/** Longest pause between the keys of a sequence. */
const SEQUENCE_MS = 1_000;

export const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

const NAMES: Readonly<Record<string, string>> = {
  mod: isApple ? '⌘' : 'Ctrl',
  shift: 'Shift',
  Escape: 'Esc',
};

/** Returns the keys of one shortcut as people know them: `⌘ K`, `Ctrl K`, `G J`. */
export const keysForPeople = (keys: string): string[] =>
  keys.split(/[ +]/).map((key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key));

function nameOf(event: KeyboardEvent): string {
  const { key, shiftKey } = event;
  const isMod = isApple ? event.metaKey : event.ctrlKey;
  // The key of `?` already says that shift is down.
  const isShifted = shiftKey && (key.length > 1 || /[a-z]/i.test(key));
  return `${isMod ? 'mod+' : ''}${isShifted ? 'shift+' : ''}${key.length === 1 ? key.toLowerCase() : key}`;
}

const TYPING = 'input, textarea, select, [contenteditable], [role="textbox"], [role="combobox"]';

/** Begins to listen. Returns a function that ends it. */
export function startShortcuts(): () => void {
  let typed: string[] = [];
  let last = 0;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || ['Shift', 'Control', 'Meta', 'Alt'].includes(event.key)) return;
    const name = nameOf(event);
    if (!name.startsWith('mod+')) {
      if (event.altKey || event.ctrlKey || event.metaKey || !oneKeyShortcuts.peek()) return;
      if ((event.target as Element | null)?.matches?.(TYPING) || document.querySelector('dialog[open]')) return;
    }
    typed = event.timeStamp - last > SEQUENCE_MS ? [name] : [...typed, name].slice(-2);
    last = event.timeStamp;
    const found = [typed.join(' '), name].map(find).find((command) => command !== undefined);
    if (found === undefined) return;
    event.preventDefault();
    typed = [];
    found.run();
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}

/** Returns the command of a shortcut. A page's command hides the shell's with the same keys. */
const find = (keys: string): Command | undefined =>
  commands.peek().findLast((command) => command.keys?.split(' | ').includes(keys));
