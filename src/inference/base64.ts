/** Base64 text → bytes, strictly: what Node would skip or guess is refused. */
import { TrainyardError } from '../errors/errors.js';

/**
 * The bytes of base64 text, which may begin as a `data:` URL. Throws `invalid_request` with `pointer` where a
 * character, the length or the padding is wrong.
 */
export function decodeBase64(text: string, pointer: string): Uint8Array {
  const fail = (message: string): never => {
    throw new TrainyardError('invalid_request', `An image is not base64: at ${pointer}, ${message}.`, {
      errors: [{ pointer, message }],
    });
  };
  const payload = text.startsWith('data:')
    ? (dataUrlPayload(text) ?? fail('a data: URL must contain ";base64," before the data'))
    : text;
  const wrong = /[^A-Za-z0-9+/=]/.exec(payload);
  if (wrong !== null) {
    const hint = /\s/.test(wrong[0]) ? ' (encode without line breaks: `base64 -w0 FILE`)' : '';
    fail(`the character ${JSON.stringify(wrong[0])} at place ${wrong.index} is not allowed${hint}`);
  }
  if (payload.length % 4 !== 0) fail(`the length is ${payload.length}, not a multiple of 4`);
  const bytes = Buffer.from(payload, 'base64');
  // The last four characters, encoded again, show misplaced padding and stray bits; an earlier "=" shortens the result.
  const padding = /={0,2}$/.exec(payload)?.[0].length ?? 0;
  const whole = bytes.length === (payload.length / 4) * 3 - padding;
  const tail = bytes.subarray(Math.floor(Math.max(bytes.length - 1, 0) / 3) * 3).toString('base64');
  if (!whole || tail !== payload.slice(-4)) fail('the padding at the end is wrong');
  return bytes;
}

/** What follows `;base64,` in a data: URL; the media type before it is not trusted anyway. */
function dataUrlPayload(url: string): string | undefined {
  const comma = url.indexOf(',');
  return comma !== -1 && comma < 256 && url.slice(0, comma).endsWith(';base64') ? url.slice(comma + 1) : undefined;
}
