/** How much there may be in the JSON of a prediction: lists and texts cost far more time and memory than their bytes. */
import { TrainyardError } from '../../errors/errors.js';

/** 256 images of 96 × 96 pixels, each pixel a list of its own, have 2.4 million. */
export const MOST_LISTS = 2_500_000;
/** Quotes and braces: a request has a few hundred texts, and as many objects. */
export const MOST_TEXTS = 100_000;

/** Throws `invalid_request` before JSON is parsed that would block the service for seconds. Those within texts count, too. */
export function requireFewParts(json: Buffer): void {
  if (!hasAtMost(json, '[', MOST_LISTS))
    throw refusal(`${MOST_LISTS} lists: send fewer images, or files, or pixels in binary`);
  if (!hasAtMost(json, '"', 2 * MOST_TEXTS) || !hasAtMost(json, '{', MOST_TEXTS))
    throw refusal(`${MOST_TEXTS} texts and objects: a prediction needs a few hundred`);
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
