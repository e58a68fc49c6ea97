/** Parser of image tensors, as the inference protocols send them. */
import type { Preprocessing } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';

/** Number types of a tensor, by their names in the Open Inference Protocol, with their size in bytes and their reader. */
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

/** Maximum number of levels of nested lists. Images need four. */
const MAX_DEPTH = 16;

/** Images as one tensor; its first dimension is the number of images. */
export type SentTensor = Readonly<{
  type: 'tensor';
  pointer: string;
  shape: readonly number[];
  datatype: string;
  /** Numbers, flat or in nested lists, or their bytes: little-endian, row-major. */
  values: readonly unknown[] | Uint8Array;
}>;

type Fail = (field: 'shape' | 'datatype' | 'data', message: string) => never;

/**
 * Returns images × height × width × channels bytes. The tensor's shape is images × height × width × channels; a model of one
 * channel also takes images × height × width.
 *
 * Values of every type must be whole numbers from 0 to 255. Others are rejected, not rounded, as in `readInstance`. Throws
 * `invalid_request` with the JSON Pointer of the fault.
 */
export function readTensor(tensor: SentTensor, preprocessing: Preprocessing): Uint8Array {
  const { pointer, shape, datatype, values } = tensor;
  const { height, width, channels } = preprocessing;
  const fail: Fail = (field, message) => {
    throw new TrainyardError('invalid_request', `The tensor at ${pointer} does not fit the model: ${message}.`, {
      errors: [{ pointer: `${pointer}/${field}`, message }],
    });
  };
  requireShape(shape, preprocessing, fail);
  if (!isPixelType(datatype)) {
    return fail('datatype', `its datatype must be one of ${Object.keys(readers).join(', ')} or BYTES, not ${datatype}`);
  }
  const count = (shape[0] ?? 0) * height * width * channels;
  return values instanceof Uint8Array
    ? pixelsOfBytes(values, datatype, count, fail)
    : pixelsOfList(values, count, fail);
}

function requireShape(shape: readonly number[], { height, width, channels }: Preprocessing, fail: Fail): void {
  const [, ...image] = shape;
  const expected = [height, width, channels];
  if (image.join() === expected.join() || (channels === 1 && image.join() === [height, width].join())) return;
  fail('shape', `its shape must be [images, ${expected.join(', ')}], not [${shape.slice(0, 8).join(', ')}]`);
}

function pixelsOfBytes(values: Uint8Array, datatype: PixelType, count: number, fail: Fail): Uint8Array {
  const [bytes, read] = readers[datatype];
  if (values.length !== count * bytes) {
    fail('data', `${count} numbers of ${datatype} need ${count * bytes} bytes, and there are ${values.length}`);
  }
  if (datatype === 'UINT8') return values;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const pixels = new Uint8Array(count);
  for (let index = 0; index < count; index++) pixels[index] = requirePixel(read(view, index * bytes), index, fail);
  return pixels;
}

function pixelsOfList(values: readonly unknown[], count: number, fail: Fail): Uint8Array {
  const pixels = new Uint8Array(count);
  let index = 0;
  for (const value of values.flat(MAX_DEPTH)) {
    if (Array.isArray(value)) fail('data', `its lists are nested more than ${MAX_DEPTH} levels deep`);
    const pixel = requirePixel(value, index, fail);
    if (index < count) pixels[index] = pixel;
    index += 1;
  }
  if (index !== count) fail('data', `its shape has ${count} numbers, and there are ${index}`);
  return pixels;
}

function requirePixel(value: unknown, index: number, fail: Fail): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  const found = typeof value === 'object' ? 'an object' : JSON.stringify(String(value).slice(0, 20));
  return fail('data', `its value number ${index} must be a whole number from 0 to 255, not ${found}`);
}

export const isPixelType = (datatype: string): datatype is PixelType => Object.hasOwn(readers, datatype);
