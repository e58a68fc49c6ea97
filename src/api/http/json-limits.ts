/** Limits on the JSON of a prediction request: lists and strings cost far more time and memory than their bytes. */
import { TrainyardError } from '../../errors/errors.js';

/** 256 images of 96×96 pixels with a list for each pixel have 2.4 million lists. */
export const MAX_LISTS = 2_500_000;
/** Maximum number of strings, and of objects; a prediction request needs a few hundred. */
export const MAX_STRINGS = 100_000;

/**
 * Throws `invalid_request` if parsing the JSON would block the event loop for seconds. Counts brackets, quotes and braces, also those
 * inside strings.
 */
export function requireFewParts(json: Buffer): void {
  if (!hasAtMost(json, '[', MAX_LISTS))
    throw refusal(`${MAX_LISTS} lists: send fewer images, image files, or pixels in binary`);
  if (!hasAtMost(json, '"', 2 * MAX_STRINGS) || !hasAtMost(json, '{', MAX_STRINGS))
    throw refusal(`${MAX_STRINGS} strings or objects: a prediction needs a few hundred`);
}

const refusal = (what: string): TrainyardError =>
  new TrainyardError('invalid_request', `The body has more than ${what}.`);

function hasAtMost(json: Buffer, character: string, limit: number): boolean {
  const code = character.charCodeAt(0);
  let at = -1;
  for (let count = 0; count <= limit; count++) {
    at = json.indexOf(code, at + 1);
    if (at === -1) return true;
  }
  return false;
}
