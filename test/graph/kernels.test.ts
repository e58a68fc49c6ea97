/** Conversion of weights between the layouts of TensorFlow and PyTorch, against their index formulas. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elements } from '../../src/graph/graph.js';
import { outputsFirst, outputsFirstShape, outputsLast } from '../../src/graph/kernels.js';

const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => i + 1);

test('reorders the weights of convolutions and linear layers, and back', () => {
  const size = fc.integer({ min: 1, max: 40 });
  const shapes = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), size, size);
  fc.assert(
    fc.property(shapes, fc.boolean(), ([height, width, inputs, outputs], isLinear) => {
      const shape = isLinear ? [inputs, outputs] : [height, width, inputs, outputs];
      const pixels = isLinear ? 1 : height * width;
      const values = numbers(elements(shape));
      const turned = outputsFirst(values, shape);
      for (const [i, value] of values.entries()) {
        const [output, input, pixel] = [
          i % outputs,
          Math.floor(i / outputs) % inputs,
          Math.floor(i / outputs / inputs),
        ];
        expect(turned[(output * inputs + input) * pixels + pixel]).toBe(value);
      }
      expect(outputsFirstShape(shape)).toEqual(isLinear ? [outputs, inputs] : [outputs, inputs, height, width]);
      expect(outputsLast(turned, shape)).toEqual(values);
    }),
    { numRuns: 40 },
  );
});

test('keeps vectors, and rejects numbers that do not fill the shape', () => {
  expect(outputsFirst(numbers(5), [5])).toEqual(numbers(5));
  expect(outputsFirstShape([5])).toEqual([5]);
  expect(() => outputsFirst(numbers(5), [2, 3])).toThrow('5 numbers do not fill the shape [2,3].');
  expect(() => outputsLast(numbers(5), [2, 3])).toThrow('5 numbers do not fill the shape [2,3].');
});
