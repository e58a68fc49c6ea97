/** Conversion of other floating-point formats to float32. */
import { expect, it } from 'vitest';
import { widen } from '../../src/numerics/half-floats.js';

const bytesOf = (values: Uint16Array | Float32Array | Float64Array) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

it('reads float16: subnormals, the largest number, infinities and NaN', () => {
  const bits = Uint16Array.of(0x0000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
  expect([...widen({ dtype: 'F16', bytes: bytesOf(bits) })]).toEqual([
    ...[0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, Math.fround(0.333251953125), 1, -2, 65_504],
    ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  ]);
});

it('reads bfloat16 as the upper half of float32', () => {
  const bits = Uint16Array.of(0x3f80, 0xbf80, 0x4049, 0x0001, 0xff80);
  expect([...widen({ dtype: 'BF16', bytes: bytesOf(bits) })]).toEqual([
    1,
    -1,
    3.140625,
    2 ** -133,
    Number.NEGATIVE_INFINITY,
  ]);
});

it('rounds float64 and keeps float32, at any offset in a file', () => {
  const odd = (bytes: Uint8Array) => Buffer.concat([Buffer.of(0), bytes]).subarray(1);
  expect([...widen({ dtype: 'F64', bytes: odd(bytesOf(Float64Array.of(0.1, -3))) })]).toEqual([Math.fround(0.1), -3]);
  expect([...widen({ dtype: 'F32', bytes: odd(bytesOf(Float32Array.of(0.5, -3))) })]).toEqual([0.5, -3]);
});
