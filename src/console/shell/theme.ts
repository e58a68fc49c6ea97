/** Light or dark: as the system has it, or as the person chose. */
import { effect, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'trainyard-theme';
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

const stored = localStorage.getItem(KEY);
export const theme = signal<Theme>(THEMES.find((each) => each === stored) ?? 'auto');

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === 'auto') {
    delete dataset['theme'];
    localStorage.removeItem(KEY);
  } else {
    dataset['theme'] = theme.value;
    localStorage.setItem(KEY, theme.value);
  }
  // Charts are drawn on canvas, with colours of their own.
  dispatchEvent(new Event('trainyard-theme'));
});

/** Goes on to the next of auto, light and dark. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'auto';
}
