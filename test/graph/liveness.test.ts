/** Liveness analysis against sizes counted by hand. */
import { describe, expect, test } from 'vitest';
import { Graph, type Tensor } from '../../src/graph/graph.js';
import { zeros } from '../../src/graph/initializers.js';
import { liveSizes } from '../../src/graph/liveness.js';
import { reshape } from '../../src/graph/ops.js';

/** An operation that does not write in place. */
const apply = (type: string, ...inputs: [Tensor, ...Tensor[]]): Tensor =>
  inputs[0].graph.op(type, inputs, { T: inputs[0].dtype }, inputs[0].shape);

const peak = (sizes: readonly { fixed: number; perImage: number }[]) => ({
  fixed: Math.max(...sizes.map(({ fixed }) => fixed)),
  perImage: Math.max(...sizes.map(({ perImage }) => perImage)),
});

describe('the liveness analysis', () => {
  test('keeps values from the node that computes them to their last reader', () => {
    const graph = new Graph();
    const x = graph.placeholder('x', 'float32', [-1, 10]);
    const a = apply('Tanh', x);
    const b = apply('Tanh', a);
    const c = apply('Tanh', b); // a waits for d, b ends here
    const d = apply('SquaredDifference', c, a);
    expect(liveSizes([d]).map(({ perImage }) => perImage)).toEqual([0, 40, 80, 120, 120]);
  });

  test('counts no memory for an operation that writes in place', () => {
    const graph = new Graph();
    const x = apply('Tanh', graph.placeholder('x', 'float32', [-1, 10]));
    const y = apply('Relu', apply('Relu', x));
    expect(peak(liveSizes([y])).perImage).toBe(40);
    const read = apply('SquaredDifference', y, x); // x is read again, so the first Relu cannot overwrite it
    expect(peak(liveSizes([read])).perImage).toBe(120);
  });

  test('does not count views of a value or a variable again', () => {
    const graph = new Graph();
    const x = apply('Tanh', graph.placeholder('x', 'float32', [-1, 10]));
    const y = apply('Tanh', reshape(x, [-1, 2, 5]));
    expect(peak(liveSizes([y])).perImage).toBe(80);
    const { value } = graph.variable('w', [3, 4], zeros);
    const rows = graph.op('Unpack', [reshape(value, [3, 4])], { T: 'float32', num: 3, axis: 0 }, [4]);
    const sum = apply('SquaredDifference', rows, graph.output(rows, 2, [4]));
    expect(peak(liveSizes([sum])).fixed).toBe(16);
    const copy = graph.op('Unpack', [apply('Tanh', value)], { T: 'float32', num: 3, axis: 0 }, [4]);
    const both = apply('SquaredDifference', copy, graph.output(copy, 2, [4]));
    expect(peak(liveSizes([both])).fixed).toBe(48 + 16); // all rows live as long as one of them is read
  });

  test('halves values in bfloat16, and counts values without a batch as fixed', () => {
    const graph = new Graph();
    const images = apply('Tanh', graph.placeholder('x', 'bfloat16', [-1, 10]));
    const kernel = apply('Tanh', graph.placeholder('w', 'float32', [3, 3]));
    const y = graph.op('Product', [images, kernel], {}, [-1, 1]);
    expect(peak(liveSizes([y]))).toEqual({ fixed: 36, perImage: 22 });
  });

  test('counts only values that the roots need', () => {
    const graph = new Graph();
    const x = apply('Tanh', graph.placeholder('x', 'float32', [-1, 10]));
    apply('Tanh', x);
    expect(liveSizes([x])).toHaveLength(2);
  });
});
