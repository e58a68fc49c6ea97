/** Width of text on a terminal, without escape sequences. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/u;
const MARK = /\p{Mark}/u;
const PRINTABLE_ASCII = /^[ -~]*$/;

const plain = (text: string): string => text.replaceAll(ESCAPES, '');
const columnsOf = (character: string): number => (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Returns the number of columns that the text fills. */
export function widthOf(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of plain(text)) width += columnsOf(character);
  return width;
}

/** Pads to `width` columns: on the right, or on the left for numbers. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + space : space + text;
}

/** Shortens to `width` columns; `…` replaces what is cut. A shortened text has no escape sequences. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let short = '';
  let filled = 0;
  for (const character of plain(text)) {
    filled += columnsOf(character);
    if (filled > width - 1) break;
    short += character;
  }
  return width > 0 ? `${short}…` : '';
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Removes control characters, so that a name from the service cannot steer the terminal. */
export const printable = (text: string): string => text.replaceAll(CONTROLS, '');
