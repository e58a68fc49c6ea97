/** Conversion of other floating-point formats to float32. */
import { floatsOf } from '../formats/safetensors.js';

/** Formats that `widen` converts: narrower ones exactly, float64 with rounding. */
export const FLOAT_TYPES: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16', 'F64']);

/** Converts the numbers of a tensor to float32. */
export function widen({ dtype, bytes }: Readonly<{ dtype: string; bytes: Uint8Array }>): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  switch (dtype) {
    case 'F16':
      return Float32Array.from({ length: byteLength / 2 }, (_, index) => fromHalf(view.getUint16(2 * index, true)));
    case 'BF16':
      return fromBfloat16(view);
    case 'F64':
      return Float32Array.from({ length: byteLength / 8 }, (_, index) => view.getFloat64(8 * index, true));
    default:
      return floatsOf({ bytes });
  }
}

/** A bfloat16 is the upper half of a float32. */
function fromBfloat16(view: DataView): Float32Array {
  const bits = Uint32Array.from({ length: view.byteLength / 2 }, (_, index) => view.getUint16(2 * index, true) << 16);
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
