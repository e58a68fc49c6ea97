/** Error of a PyTorch file that cannot be read as data. */
import { TrainyardError } from '../../errors/errors.js';

/** Characters of a file's own text that a message shows. */
const SHOWN = 100;

/** Returns `invalid_weights`. `fault` is a clause about the file. */
export const refusal = (fault: string, cause?: unknown): TrainyardError =>
  new TrainyardError('invalid_weights', `The PyTorch file cannot be read: ${fault}. Nothing in it was run.`, { cause });

/** Returns a text of the file for a message: shortened, without control characters. */
export const shown = (text: string): string => text.slice(0, SHOWN).replaceAll(/\p{C}/gu, '?');
