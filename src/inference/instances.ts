/** `instances`, nested lists of numbers as clients of serving systems send them → the pixels a model takes. */
import type { Preprocessing } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';

/**
 * height × width × channels bytes of one instance: height × width × channels whole numbers from 0 to 255, or
 * height × width of them where the model takes one channel. Throws `invalid_request` with the JSON Pointer of the
 * first value that is anything else. Numbers that are not whole are refused, not rounded: they are most likely pixels
 * that were scaled to 0…1, and the answer would be nonsense.
 */
export function readInstance(
  instance: unknown,
  { height, width, channels }: Preprocessing,
  pointer: string,
): Uint8Array {
  const shape = channels === 1 ? `${height}×${width}` : `${height}×${width}×${channels}`;
  const pixels = new Uint8Array(height * width * channels);
  let offset = 0;

  const put = (value: unknown, at: () => string): void => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255) {
      throw refused(at(), `a whole number from 0 to 255 is expected, not ${describe(value)}`);
    }
    pixels[offset++] = value;
  };
  listOf(instance, height, 'rows', shape, () => pointer).forEach((row, y) => {
    listOf(row, width, 'pixels', shape, () => `${pointer}/${y}`).forEach((pixel, x) => {
      const at = () => `${pointer}/${y}/${x}`;
      if (channels === 1 && !Array.isArray(pixel)) put(pixel, at);
      else
        listOf(pixel, channels, 'channels', shape, at).forEach((value, channel) => {
          put(value, () => `${at()}/${channel}`);
        });
    });
  });
  return pixels;
}

function listOf(value: unknown, length: number, what: string, shape: string, at: () => string): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  const found = Array.isArray(value) ? `a list of ${value.length}` : describe(value);
  throw refused(at(), `a list of ${length} ${what} is expected (the model takes ${shape}), not ${found}`);
}

const refused = (pointer: string, message: string): TrainyardError =>
  new TrainyardError('invalid_request', `An instance is not what the model takes: at ${pointer}, ${message}.`, {
    errors: [{ pointer, message }],
  });

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 20))}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
