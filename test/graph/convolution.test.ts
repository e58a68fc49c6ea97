/** Convolutions by taps: their results against a plain loop over windows, and the plan that chooses them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convolve, type Plan } from '../../src/graph/convolution.js';
import { gradients } from '../../src/graph/gradients.js';
import { type Device, type DType, elements, Graph, neededBy, type Shape } from '../../src/graph/graph.js';
import { zeros } from '../../src/graph/initializers.js';
import { cast, mean, reshape } from '../../src/graph/ops.js';
import { canTap } from '../../src/graph/taps.js';
import type { Window } from '../../src/graph/window.js';
import { runGraph } from '../support/run-graph.js';

const BY_TAPS: Plan = { output: 'taps', inputGradient: 'taps', weightGradient: 'taps' };
const pattern = (count: number, factor: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(factor * (i + 1)));

/** Computes the definition window by window. Also returns the sums of absolute values, for the tolerance. */
function correlation(x: Float32Array, [n, h, w, c]: number[], k: Float32Array, outputs: number, window: Window) {
  const { kernel, stride, padding } = window;
  const side = (size = 0) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const sums: { value: number; size: number }[] = [];
  for (let image = 0; image < (n ?? 0); image++)
    for (let row = 0; row < side(h); row++)
      for (let column = 0; column < side(w); column++)
        for (let output = 0; output < outputs; output++) {
          let [value, size] = [0, 0];
          for (let i = 0; i < kernel; i++)
            for (let j = 0; j < kernel; j++) {
              const [top, left] = [row * stride + i - padding, column * stride + j - padding];
              if (top < 0 || left < 0 || top >= (h ?? 0) || left >= (w ?? 0)) continue;
              for (let input = 0; input < (c ?? 0); input++) {
                const pixel = x[((image * (h ?? 0) + top) * (w ?? 0) + left) * (c ?? 0) + input] ?? Number.NaN;
                const term = pixel * (k[((i * kernel + j) * (c ?? 0) + input) * outputs + output] ?? Number.NaN);
                value += term;
                size += Math.abs(term);
              }
            }
          sums.push({ value, size });
        }
  return { shape: [n ?? 0, side(h), side(w), outputs], sums };
}

describe('a convolution by taps', () => {
  const drawn = fc.record({
    shape: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 5 }),
    ),
    outputs: fc.integer({ min: 1, max: 4 }),
    window: fc.record({
      kernel: fc.constantFrom(1, 2, 3, 5),
      stride: fc.constantFrom(1, 2, 3),
      padding: fc.constantFrom(0, 1, 2),
    }),
  });

  it.each([
    { dtype: 'float32', tolerance: 1e-6 },
    { dtype: 'bfloat16', tolerance: 2 ** -6 }, // bfloat16 has 8 significant bits, and each input and product is rounded
  ] as const)('equals its definition in $dtype', ({ dtype, tolerance }) => {
    let tried = 0;
    fc.assert(
      fc.property(drawn, ({ shape, outputs, window }) => {
        const size = [window.kernel, window.kernel, shape[3], outputs];
        const [pixels, weights] = [pattern(elements(shape), 1.7), pattern(elements(size), 0.9)];
        fc.pre(shape[1] + 2 * window.padding >= window.kernel && shape[2] + 2 * window.padding >= window.kernel);
        const expected = correlation(pixels, shape, weights, outputs, window);
        const single = expected.shape[1] === 1 && expected.shape[2] === 1;
        fc.pre(!single && canTap(shape, size, window, expected.shape));
        tried += 1;
        const graph = new Graph();
        const x = graph.placeholder('x', 'float32', [-1, ...shape.slice(1)]);
        const y = convolve(cast(x, dtype), graph.constant(weights, 'float32', size), window, BY_TAPS);
        const found = runGraph(graph, [cast(y, 'float32')], { x: { dtype: 'float32', shape, values: pixels } })[0];
        expect(y.shape).toEqual([-1, ...expected.shape.slice(1)]);
        expect(found).toHaveLength(expected.sums.length);
        for (const [i, { value, size: most }] of expected.sums.entries()) {
          expect(Math.abs((found?.[i] ?? Number.NaN) - value), `number ${i}`).toBeLessThanOrEqual(
            tolerance * most + 1e-7,
          );
        }
      }),
      { numRuns: 60, seed: 20_170_911 },
    );
    expect(tried).toBeGreaterThan(40);
  });

  it('is not possible if a tap reads no pixel', () => {
    const window = { kernel: 3, stride: 1, padding: 1 };
    expect(canTap([1, 3, 3, 1], [3, 3, 1, 1], window, [1, 3, 3, 1])).toBe(true);
    expect(canTap([1, 1, 4, 1], [3, 3, 1, 1], window, [1, 1, 4, 1])).toBe(false);
  });
});

describe('the plan of a convolution', () => {
  /** Returns the operations in a graph of the loss and the gradients of image and weights. */
  function kindsOf(shape: Shape, window: Window, outputs: number, dtype: DType, device?: Device): string[] {
    const graph = new Graph(device === undefined ? {} : { device });
    const [x, weight] = [
      graph.variable('x', shape, zeros),
      graph.variable('weight', [window.kernel, window.kernel, shape.at(-1) ?? 0, outputs], zeros),
    ];
    const y = convolve(cast(x.value, dtype), weight.value, window);
    const loss = mean(cast(reshape(y, [elements(y.shape)]), 'float32'));
    const nodes = neededBy([loss, ...gradients(loss, [x, weight]).values()]);
    return [...new Set(nodes.map(({ op }) => op))].filter((op) => op.startsWith('Conv2D') || op === 'MatMul').sort();
  }
  const ops = ['Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput'];
  const three = { kernel: 3, stride: 1, padding: 1 };

  it('uses TensorFlow’s operations for long rows', () => {
    expect(kindsOf([2, 24, 24, 64], three, 64, 'float32')).toEqual(ops);
    expect(kindsOf([2, 24, 24, 64], three, 64, 'bfloat16')).toEqual(ops);
  });
  it('uses taps on small images with many channels, except on a GPU', () => {
    expect(kindsOf([2, 3, 3, 512], three, 512, 'float32')).toEqual(['MatMul']);
    expect(kindsOf([2, 3, 3, 512], three, 512, 'float32', 'gpu')).toEqual(ops);
  });
  it('uses taps for the weight gradient alone between the thresholds, in bfloat16', () => {
    expect(kindsOf([2, 6, 6, 256], three, 256, 'float32')).toEqual(ops);
    expect(kindsOf([2, 6, 6, 256], three, 256, 'bfloat16')).toEqual(['Conv2D', 'Conv2DBackpropInput', 'MatMul']);
  });
  it('uses TensorFlow’s operations if a tap would read no pixel', () => {
    expect(kindsOf([2, 1, 4, 512], three, 512, 'float32')).toEqual(ops);
  });
  it('uses taps for both gradients of a 1×1 kernel on larger images', () => {
    const point = { kernel: 1, stride: 1, padding: 0 };
    expect(kindsOf([2, 14, 14, 512], point, 256, 'float32')).toEqual(['Conv2D', 'MatMul']);
    expect(kindsOf([2, 56, 56, 64], point, 256, 'float32')).toEqual(ops);
  });
  it('uses taps for the weight gradient of a strided 1×1 kernel with under 16 input channels, except on a GPU', () => {
    const point = { kernel: 1, stride: 2, padding: 0 };
    for (const dtype of ['float32', 'bfloat16'] as const) {
      expect(kindsOf([2, 32, 32, 15], point, 16, dtype)).toEqual(['Conv2D', 'Conv2DBackpropInput', 'MatMul']);
      expect(kindsOf([2, 32, 32, 16], point, 16, dtype)).toEqual(ops);
    }
    expect(kindsOf([2, 32, 32, 15], point, 16, 'float32', 'gpu')).toEqual(ops);
    expect(kindsOf([2, 32, 32, 15], { ...point, stride: 1 }, 16, 'float32')).toEqual(ops);
  });
  it('is a linear layer if one window covers the image, on any device', () => {
    for (const device of ['cpu', 'gpu'] as const) {
      expect(kindsOf([2, 1, 1, 8], three, 4, 'float32', device)).toEqual(['MatMul']);
      expect(kindsOf([2, 2, 2, 8], { ...three, stride: 2 }, 4, 'float32', device)).toEqual(['MatMul']);
    }
  });
});
