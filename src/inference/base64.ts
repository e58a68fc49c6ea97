/** Strict base64 decoder: rejects what Node's decoder skips or guesses. */
import { TrainyardError } from '../errors/errors.js';

/**
 * Returns the bytes of base64 text, which may be a `data:` URL. Throws `invalid_request` with `pointer` if a character, the
 * length or the padding is wrong.
 */
export function decodeBase64(text: string, pointer: string): Uint8Array {
  const fail = (message: string): never => {
    throw new TrainyardError('invalid_request', `An image is not valid base64: at ${pointer}, ${message}.`, {
      errors: [{ pointer, message }],
    });
  };
  const payload = text.startsWith('data:')
    ? (dataUrlPayload(text) ?? fail('a data: URL must contain ";base64," before the data'))
    : text;
  const wrong = /[^A-Za-z0-9+/=]/.exec(payload);
  if (wrong !== null) {
    const hint = /\s/.test(wrong[0]) ? ' (encode without line breaks: `base64 -w0 FILE`)' : '';
    fail(`the character ${JSON.stringify(wrong[0])} at position ${wrong.index} is not allowed${hint}`);
  }
  if (payload.length % 4 !== 0) fail(`the length is ${payload.length}, not a multiple of 4`);
  const bytes = Buffer.from(payload, 'base64');
  // Encoding the last bytes again shows misplaced padding and stray bits. An earlier "=" makes the result too short.
  const padding = /={0,2}$/.exec(payload)?.[0].length ?? 0;
  const isComplete = bytes.length === (payload.length / 4) * 3 - padding;
  const tail = bytes.subarray(Math.floor(Math.max(bytes.length - 1, 0) / 3) * 3).toString('base64');
  if (!isComplete || tail !== payload.slice(-4)) fail('the padding at the end is wrong');
  return bytes;
}

/** Returns the text after `;base64,` in a data: URL. The media type before it is ignored: the decoder detects the format. */
function dataUrlPayload(url: string): string | undefined {
  const comma = url.indexOf(',');
  return comma !== -1 && comma < 256 && url.slice(0, comma).endsWith(';base64') ? url.slice(comma + 1) : undefined;
}
