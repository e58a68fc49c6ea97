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

/** The words of a line. A command in backticks is one word, so that it can be pasted. */
const WORDS = /`[^`]*`\S*|\S+/g;
/** Begin of a line of facts: its name and the space before the value. */
const NAME = /^\s*(?:\S+ )*\S+ {2,}(?=\S)/;

/**
 * Wraps each line of a text between words, to `width` columns. Continued lines begin below the value of `name   value`, or below their
 * first word. Rows of tables and commands after a name stay as they are, so that they remain rows and can be pasted.
 */
export const wrapText = (text: string, width: number): string =>
  text
    .split('\n')
    .map((line) => (widthOf(line) <= width ? line : wrapLine(line, width)))
    .join('\n');

function wrapLine(line: string, width: number): string {
  const head = NAME.exec(line)?.[0] ?? /^ */.exec(line)?.[0] ?? '';
  const indent = widthOf(head);
  const rest = line.slice(head.length);
  if (/\S {2,}\S|^trainyard /.test(rest) || indent > width / 2) return line;
  const lines = [''];
  for (const word of rest.match(WORDS) ?? []) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && indent + widthOf(last) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((each, i) => (i === 0 ? head : ' '.repeat(indent)) + each).join('\n');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Removes control characters, so that a name from the service cannot steer the terminal. */
export const printable = (text: string): string => text.replaceAll(CONTROLS, '');
