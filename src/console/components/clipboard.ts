/** Copies text, also on pages without https, where browsers have no clipboard API. */
import { toast } from './toast.js';

/** Copies text and says so. */
export async function copyText(text: string, what = 'Copied'): Promise<void> {
  const isDone = await writeText(text);
  if (isDone) toast(what);
  else toast('The browser did not allow copying. Select the text and copy it by hand.', { tone: 'bad' });
}

async function writeText(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // The older way may still work.
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  // Within an open dialog, since everything outside of it is inert.
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  return isDone;
}
