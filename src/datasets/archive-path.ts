/** Paths of an archive as their owner means them: one spelling for each, and none that leads anywhere else. */
import { isUtf8 } from 'node:buffer';
import { type Entry, getFileNameLowLevel } from 'yauzl';
import { invalid } from './zip-region.js';

/** In characters. */
const LONGEST_PATH = 1024;
const MOST_FOLDERS_DEEP = 32;
const IS_UTF8 = 0x800;

/** What operating systems, file servers and programs put beside the files of their users. */
const SYSTEM =
  /^(\..*|__MACOSX|Icon\r|Thumbs\.db(:.*)?|ehthumbs(_vista)?\.db|desktop\.ini|\$RECYCLE\.BIN|RECYCLER|System Volume Information|lost\+found|@eaDir|@tmp|#recycle|#snapshot|@Recycle|@Recently-Snapshot|Network Trash Folder|Temporary Items|~\$.*)$/i;

/** The name of an entry. Some programs write UTF-8 without saying so; what is not UTF-8 is in the code page of MS-DOS. */
export function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const flag = isUtf8(fileNameRaw) ? generalPurposeBitFlag | IS_UTF8 : generalPurposeBitFlag & ~IS_UTF8;
  return getFileNameLowLevel(flag, fileNameRaw, extraFields, false);
}

/** Info-ZIP's extra field that has the name in UTF-8. */
const UNICODE_PATH = 0x7075;

/** Whether nothing says how the name is encoded, so that `nameOf` has to take the code page of MS-DOS. */
export const isInCodePage = ({ fileNameRaw, extraFields }: Entry): boolean =>
  !isUtf8(fileNameRaw) && !extraFields.some(({ id }) => id === UNICODE_PATH);

/**
 * The path of a name: `./`, a leading `/` or `C:` say nothing, and backslashes are slashes. Undefined for files of the system.
 * Throws `invalid_dataset` for a path that leads out of the archive, is too long or too deep, or has control characters.
 */
export function pathOf(name: string): string | undefined {
  if (name.length > LONGEST_PATH)
    throw invalid(
      `The path ${shown(name)} has ${name.length} characters: at most ${LONGEST_PATH} are taken. Give its folders shorter names.`,
    );
  const parts = name
    .replaceAll('\\', '/')
    .replace(/^[a-z]:(?=\/)/i, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.some((part) => SYSTEM.test(part) && part !== '..')) return undefined;
  if (parts.includes('..'))
    throw invalid(`The path ${shown(name)} leads out of the archive: pack the folder from inside, without "..".`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name))
    throw invalid(`The path ${shown(name)} has control characters: rename the file or folder.`);
  if (parts.length > MOST_FOLDERS_DEEP + 1)
    throw invalid(
      `The path ${shown(name)} has ${parts.length - 1} folders: at most ${MOST_FOLDERS_DEEP} are taken. Move the images up.`,
    );
  return parts.join('/');
}

/** A name as a sentence may show it: bounded, and without control characters. */
export const shown = (name: string): string => {
  const text = JSON.stringify(name).slice(1, -1);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
};
