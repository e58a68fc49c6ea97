/** Parser of `instances`: nested lists of numbers, as clients of serving systems send images. */
import type { Preprocessing } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';

/**
 * Returns height × width × channels bytes of one instance. It takes height × width × channels whole numbers from 0 to 255, or
 * height × width of them if the model takes one channel.
 *
 * Throws `invalid_request` with the JSON Pointer of the first other value. Fractions are rejected, not rounded: they are most
 * likely pixels scaled to 0…1, and the answer would be meaningless.
 */
export function readInstance(
  instance: unknown,
  { height, width, channels }: Preprocessing,
  pointer: string,
): Uint8Array {
  const shape = channels === 1 ? `${height}×${width}` : `${height}×${width}×${channels}`;
  const pixels = new Uint8Array(height * width * channels);
  let offset = 0;

  const put = (value: unknown, pointerOf: () => string): void => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255) {
      throw invalidInstance(pointerOf(), `must be a whole number from 0 to 255, not ${describe(value)}`);
    }
    pixels[offset++] = value;
  };
  listOf(instance, height, 'rows', shape, () => pointer).forEach((row, y) => {
    listOf(row, width, 'pixels', shape, () => `${pointer}/${y}`).forEach((pixel, x) => {
      const pointerOf = () => `${pointer}/${y}/${x}`;
      if (channels === 1 && !Array.isArray(pixel)) put(pixel, pointerOf);
      else
        listOf(pixel, channels, 'channels', shape, pointerOf).forEach((value, channel) => {
          put(value, () => `${pointerOf()}/${channel}`);
        });
    });
  });
  return pixels;
}

function listOf(
  value: unknown,
  length: number,
  elements: string,
  shape: string,
  pointerOf: () => string,
): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  const found = Array.isArray(value) ? `a list of ${value.length}` : describe(value);
  throw invalidInstance(
    pointerOf(),
    `must be a list of ${length} ${elements} (the model takes ${shape}), not ${found}`,
  );
}

const invalidInstance = (pointer: string, message: string): TrainyardError =>
  new TrainyardError('invalid_request', `An instance does not fit the model: ${pointer} ${message}.`, {
    errors: [{ pointer, message }],
  });

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 20))}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
