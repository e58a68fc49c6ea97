/** A tensor of pixels, as the inference protocols send it → the pixels a model takes. */
import type { Preprocessing } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';

/** Types of numbers a tensor may have, by the names of the Open Inference Protocol, with how they lie in memory. */
const readers = {
  UINT8: [1, (view, at) => view.getUint8(at)],
  INT8: [1, (view, at) => view.getInt8(at)],
  UINT16: [2, (view, at) => view.getUint16(at, true)],
  INT16: [2, (view, at) => view.getInt16(at, true)],
  UINT32: [4, (view, at) => view.getUint32(at, true)],
  INT32: [4, (view, at) => view.getInt32(at, true)],
  UINT64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  INT64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  FP32: [4, (view, at) => view.getFloat32(at, true)],
  FP64: [8, (view, at) => view.getFloat64(at, true)],
} as const satisfies Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>;

export type PixelType = keyof typeof readers;

/** How deep the lists of values may lie in each other: four are enough for images. */
const MAX_DEPTH = 16;

/** Images as one tensor: its first dimension counts them. */
export type SentTensor = Readonly<{
  type: 'tensor';
  pointer: string;
  shape: readonly number[];
  datatype: string;
  /** Numbers, flat or in lists in lists, or their bytes: little-endian, row-major. */
  values: readonly unknown[] | Uint8Array;
}>;

/**
 * images × height × width × channels bytes. The shape is images × height × width × channels; the last may be left out where the
 * model takes one channel. Values are whole numbers from 0 to 255 whatever their type: those that are not are refused, not rounded,
 * as in `readInstance`. Throws `invalid_request` with the JSON Pointer of what is wrong.
 */
export function readTensor(tensor: SentTensor, { height, width, channels }: Preprocessing): Uint8Array {
  const { pointer, shape, datatype, values } = tensor;
  const refuse = (field: string, message: string): never => {
    throw new TrainyardError('invalid_request', `The tensor at ${pointer} is not what the model takes: ${message}.`, {
      errors: [{ pointer: `${pointer}/${field}`, message }],
    });
  };
  const [images = 0, ...image] = shape;
  const takes = [height, width, channels];
  const isImage = image.join() === takes.join() || (channels === 1 && image.join() === [height, width].join());
  if (!isImage) {
    const found = shape.slice(0, 8).join(', ');
    refuse('shape', `its shape must be [images, ${takes.join(', ')}], not [${found}]`);
  }
  if (!isPixelType(datatype)) {
    return refuse(
      'datatype',
      `its datatype must be one of ${Object.keys(readers).join(', ')} or BYTES, not ${datatype}`,
    );
  }
  const count = images * height * width * channels;
  const pixels = new Uint8Array(count);
  let place = 0;
  const put = (value: unknown): void => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255) {
      const found = typeof value === 'object' ? 'an object' : JSON.stringify(String(value).slice(0, 20));
      refuse('data', `its value number ${place} must be a whole number from 0 to 255, not ${found}`);
    }
    if (place < count) pixels[place] = value as number;
    place += 1;
  };
  if (values instanceof Uint8Array) {
    const [bytes, read] = readers[datatype];
    if (values.length !== count * bytes) {
      refuse('data', `${count} numbers of ${datatype} have ${count * bytes} bytes, and there are ${values.length}`);
    }
    if (datatype === 'UINT8') return values;
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    for (let at = 0; at < values.length; at += bytes) put(read(view, at));
    return pixels;
  }
  for (const value of values.flat(MAX_DEPTH)) {
    if (Array.isArray(value)) refuse('data', `its lists lie in each other more than ${MAX_DEPTH} deep`);
    put(value);
  }
  if (place !== count) refuse('data', `its shape has ${count} numbers, and there are ${place}`);
  return pixels;
}

export const isPixelType = (datatype: string): datatype is PixelType => Object.hasOwn(readers, datatype);
