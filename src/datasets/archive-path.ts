/** Paths in archives: decoded, normalized, and refused if they lead out of the archive. */
import { isUtf8 } from 'node:buffer';
import { type Entry, getFileNameLowLevel } from 'yauzl';
import { invalid } from './zip-region.js';

/** Characters of the longest path. */
const MAX_PATH = 1024;
const MAX_DEPTH = 32;
const IS_UTF8 = 0x800;

/** Names of files and folders that operating systems, file servers and programs create by themselves. */
const SYSTEM =
  /^(\..*|__MACOSX|Icon\r|Thumbs\.db(:.*)?|ehthumbs(_vista)?\.db|desktop\.ini|\$RECYCLE\.BIN|RECYCLER|System Volume Information|lost\+found|@eaDir|@tmp|#recycle|#snapshot|@Recycle|@Recently-Snapshot|Network Trash Folder|Temporary Items|~\$.*)$/i;

/** Returns the name of an entry. Reads it as UTF-8 even if the flag is missing; otherwise in the code page of MS-DOS. */
export function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const flag = isUtf8(fileNameRaw) ? generalPurposeBitFlag | IS_UTF8 : generalPurposeBitFlag & ~IS_UTF8;
  return getFileNameLowLevel(flag, fileNameRaw, extraFields, false);
}

/** Info-ZIP's extra field with the name in UTF-8. */
const UNICODE_PATH = 0x7075;

/** Tells whether `nameOf` has to guess the code page of MS-DOS. */
export const isInCodePage = ({ fileNameRaw, extraFields }: Entry): boolean =>
  !isUtf8(fileNameRaw) && !extraFields.some(({ id }) => id === UNICODE_PATH);

/**
 * Normalizes a name to a path: removes `./` and a leading `/` or `C:`, and turns backslashes into slashes. Undefined for system
 * files. Throws `invalid_dataset` if the path leads out of the archive, is too long or too deep, or has control characters.
 */
export function pathOf(name: string): string | undefined {
  if (name.length > MAX_PATH)
    throw invalid(
      `The path ${shown(name)} has ${name.length} characters, and at most ${MAX_PATH} are allowed. Shorten the names of its folders.`,
    );
  const parts = name
    .replaceAll('\\', '/')
    .replace(/^[a-z]:(?=\/)/i, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.some((part) => SYSTEM.test(part) && part !== '..')) return undefined;
  if (parts.includes('..'))
    throw invalid(`The path ${shown(name)} leads out of the archive. Pack the folder from inside, without "..".`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is for control characters
  if (/[\u0000-\u001f\u007f]/.test(name))
    throw invalid(`The path ${shown(name)} has control characters. Rename the file or folder.`);
  if (parts.length > MAX_DEPTH + 1)
    throw invalid(
      `The path ${shown(name)} has ${parts.length - 1} folders, and at most ${MAX_DEPTH} are allowed. Move the images up.`,
    );
  return parts.join('/');
}

/** Returns a name for use in a message: at most 100 characters, control characters escaped. */
export const shown = (name: string): string => {
  const text = JSON.stringify(name).slice(1, -1);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};
