/** Values of operations against closed forms, and their errors when the graph is built. */
import { describe, expect, it } from 'vitest';
import { Graph, type Tensor } from '../../src/graph/graph.js';
import { batchNorm, conv2d, dense } from '../../src/graph/layers.js';
import { countCorrect, mixedCrossEntropy, softmaxCrossEntropy } from '../../src/graph/loss.js';
import { add, concat, decodeBytes, globalAvgPool, mean, relu, reshape, resize } from '../../src/graph/ops.js';
import { tensorsAlive } from '../../src/graph/session.js';
import { avgPool, maxPool } from '../../src/graph/window.js';
import { openGraph, runGraph } from '../support/run-graph.js';

const image = (graph: Graph, ...shape: number[]) => graph.placeholder('x', 'float32', shape);
const feed = (shape: number[], values: number[]) => ({
  x: { dtype: 'float32' as const, shape, values: Float32Array.from(values) },
});
const numbers = (values: ArrayLike<number> | undefined): number[] => Array.from(values ?? []);
/** Compares two lists to 4 decimal places. */
const expectClose = (found: readonly number[], expected: readonly number[]): void => {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of found.entries()) expect(value, `element ${i}`).toBeCloseTo(expected[i] ?? Number.NaN, 4);
};
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('building a graph fails with both shapes in the message for', () => {
  const cases: [string, (graph: Graph) => Tensor, RegExp][] = [
    [
      'add',
      (g) => add(image(g, -1, 4, 4, 3), g.placeholder('y', 'float32', [-1, 4, 4, 6])),
      /\[N, 4, 4, 3\] and \[N, 4, 4, 6\]/,
    ],
    [
      'concat',
      (g) => concat(image(g, -1, 4, 4, 3), g.placeholder('y', 'float32', [-1, 5, 4, 3])),
      /\[N, 4, 4, 3\] and \[N, 5, 4, 3\]/,
    ],
    ['two dtypes', (g) => add(image(g, -1, 2), g.placeholder('y', 'int32', [-1, 2])), /float32 and int32/],
    ['a conv2d of a matrix', (g) => conv2d(image(g, -1, 4), { channels: 1, kernel: 3 }), /4 dimensions.*\[N, 4\]/],
    ['a dense of an image', (g) => dense(image(g, -1, 4, 4, 1), 10), /2 dimensions.*\[N, 4, 4, 1\]/],
    [
      'an avgPool that has no window',
      (g) => avgPool(image(g, -1, 1, 1, 3), { kernel: 2, stride: 2 }),
      /at least 2 pixels a side, not 1/,
    ],
    [
      'a padded maxPool of what may be negative',
      (g) => maxPool(image(g, -1, 4, 4, 1), { kernel: 3, stride: 2, padding: 1 }),
      /needs a relu/,
    ],
    [
      'labels that are not int32',
      (g) => softmaxCrossEntropy(image(g, -1, 10), g.placeholder('y', 'float32', [-1])),
      /float32 \[N\] for \[N, 10\]/,
    ],
    [
      'more labels than images',
      (g) => softmaxCrossEntropy(image(g, 4, 10), g.placeholder('y', 'int32', [3])),
      /int32 \[3\] for \[4, 10\]/,
    ],
    [
      'smoothed labels that are not int32',
      (g) => mixedCrossEntropy(image(g, -1, 10), g.placeholder('y', 'float32', [-1]), { smoothing: 0.1 }),
      /mixedCrossEntropy.*float32 \[N\] for \[N, 10\]/,
    ],
    [
      'a count of an image',
      (g) => countCorrect(image(g, -1, 4, 4, 1), g.placeholder('y', 'int32', [-1]), 'c'),
      /2 dim/,
    ],
    ['a reshape that does not fit', (g) => reshape(image(g, 2, 3), [4, 2]), /\[4, 2\] of \[2, 3\]/],
    ['a single class', (g) => countCorrect(image(g, -1, 1), g.placeholder('y', 'int32', [-1]), 'c'), /2 classes/],
  ];
  it.each(cases)('%s', (_, build, sentence) => {
    expect(() => build(new Graph())).toThrow(
      expect.objectContaining({ code: 'invalid_shape', message: expect.stringMatching(sentence) }),
    );
  });

  it('a variable with two shapes', () => {
    const graph = new Graph();
    dense(image(graph, -1, 4), 2);
    expect(() => dense(graph.placeholder('y', 'float32', [-1, 5]), 2)).toThrow(
      /"weight" has shape \[4,2\], not \[5,2\]/,
    );
  });
});

describe('the value:', () => {
  it('conv2d is a cross-correlation with the same padding on all sides', () => {
    const graph = new Graph({
      weights: new Map([
        ['weight', Float32Array.from(count(9))],
        ['bias', Float32Array.of(0.5)],
      ]),
    });
    const y = conv2d(image(graph, 1, 3, 3, 1), { channels: 1, kernel: 3, stride: 2 });
    expect(y.shape).toEqual([1, 2, 2, 1]);
    // Image 1…9 and kernel 1…9. The top left window contains a row and a column of zeros.
    const [values] = runGraph(graph, [y], feed([1, 3, 3, 1], count(9)));
    expect(numbers(values)).toEqual([
      1 * 5 + 2 * 6 + 4 * 8 + 5 * 9 + 0.5,
      2 * 4 + 3 * 5 + 5 * 7 + 6 * 8 + 0.5,
      4 * 2 + 5 * 3 + 7 * 5 + 8 * 6 + 0.5,
      5 * 1 + 6 * 2 + 8 * 4 + 9 * 5 + 0.5,
    ]);
  });

  it('conv2d with a single window that reaches beyond the image', () => {
    const graph = new Graph({
      weights: new Map([
        ['weight', Float32Array.from(count(9))],
        ['bias', Float32Array.of(0.5)],
      ]),
    });
    const y = conv2d(image(graph, 1, 2, 1, 1), { channels: 1, kernel: 3, stride: 2 });
    // Two pixels, one above the other, meet the middle column of the kernel: 5 and 8.
    expect(numbers(runGraph(graph, [y], feed([1, 2, 1, 1], [10, 20]))[0])).toEqual([10 * 5 + 20 * 8 + 0.5]);
  });

  it('maxPool 3/2 with padding 1', () => {
    const graph = new Graph();
    const y = maxPool(relu(image(graph, 1, 4, 4, 1)), { kernel: 3, stride: 2, padding: 1 });
    expect(numbers(runGraph(graph, [y], feed([1, 4, 4, 1], count(16)))[0])).toEqual([6, 8, 14, 16]);
  });

  it('avgPool 2/2 ignores an odd row and column', () => {
    const graph = new Graph();
    const y = avgPool(image(graph, 1, 3, 3, 1), { kernel: 2, stride: 2 });
    expect(numbers(runGraph(graph, [y], feed([1, 3, 3, 1], count(9)))[0])).toEqual([3]);
  });

  it('globalAvgPool', () => {
    const graph = new Graph();
    const y = globalAvgPool(image(graph, 1, 2, 2, 2));
    expect(numbers(runGraph(graph, [y], feed([1, 2, 2, 2], count(8)))[0])).toEqual([4, 5]);
  });

  it('resize uses half-pixel centres', () => {
    const graph = new Graph();
    const y = resize(image(graph, 1, 1, 2, 1), 1, 4);
    expect(numbers(runGraph(graph, [y], feed([1, 1, 2, 1], [0, 4]))[0])).toEqual([0, 1, 3, 4]);
  });

  it('decodeBytes makes a batch of images of one string', () => {
    const graph = new Graph();
    const y = decodeBytes(graph.placeholder('x', 'string', []), [1, 2, 1]);
    const [bytes] = runGraph(
      graph,
      [graph.op('Cast', [y], { SrcT: 'uint8', DstT: 'float32' }, y.shape, { dtype: 'float32' })],
      {
        x: { dtype: 'string', shape: [], values: [Uint8Array.of(0, 10, 200, 255)] },
      },
    );
    expect(numbers(bytes)).toEqual([0, 10, 200, 255]);
  });

  it('batchNorm in training normalizes by the biased variance and moves running statistics by the unbiased one', () => {
    const graph = new Graph();
    const y = batchNorm(image(graph, 4, 1, 1, 1));
    const set = [...graph.variables.values()].map((v) =>
      graph.op('AssignVariableOp', [v.handle, v.initial], { dtype: 'float32' }, []),
    );
    const init = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { controls: set });
    const updated = graph.op('Identity', [y], { T: 'float32' }, y.shape, { controls: graph.updates });
    const variables = [...graph.variables.values()].map(({ handle }) =>
      graph.op('ReadVariableOp', [handle], { dtype: 'float32' }, [1], { dtype: 'float32' }),
    );
    const { session } = openGraph(graph, [init, updated, ...variables]);
    session.run({}, ['fetch_0']);
    const [normal] = session.run(feed([4, 1, 1, 1], [1, 2, 3, 6]), ['fetch_1']);
    const state = session.run({}, ['fetch_4', 'fetch_5']).map((values) => values[0]);
    session.close();
    // mean 3, biased variance 3.5, unbiased 14/3
    expectClose(
      numbers(normal),
      [1, 2, 3, 6].map((value) => (value - 3) / Math.sqrt(3.5 + 1e-5)),
    );
    expect(state[0]).toBeCloseTo(0.3, 6);
    expect(state[1]).toBeCloseTo(0.9 + 0.1 * (14 / 3), 6);
  });

  it('softmaxCrossEntropy and countCorrect', () => {
    const graph = new Graph();
    const labels = graph.constant([2, 0], 'int32');
    const logits = image(graph, 2, 3);
    const [loss, correct] = runGraph(
      graph,
      [mean(softmaxCrossEntropy(logits, labels)), countCorrect(logits, labels, 'correct')],
      feed([2, 3], [0, 0, 0, 0, 1, 0]),
    );
    expect(loss?.[0]).toBeCloseTo((Math.log(3) + Math.log(2 + Math.E)) / 2, 6);
    expect(correct?.[0]).toBe(0);
  });

  describe('mixedCrossEntropy', () => {
    /** −log softmax of the logits below, per image and class. */
    const rows = [
      [0.5, -1, 2],
      [1, 1, 0],
      [-2, 0.25, 3],
    ].map((row) => row.map((logit) => Math.log(row.reduce((sum, other) => sum + Math.exp(other), 0)) - logit));
    const labels = [2, 0, 1];
    const lossOf = (options: { smoothing: number; share?: number }): number[] => {
      const graph = new Graph();
      const share = options.share === undefined ? undefined : graph.constant(options.share, 'float32');
      const loss = mixedCrossEntropy(image(graph, 3, 3), graph.constant(labels, 'int32'), { ...options, share });
      return numbers(runGraph(graph, [loss], feed([3, 3], [0.5, -1, 2, 1, 1, 0, -2, 0.25, 3]))[0]);
    };
    const of = (i: number, label: number): number => rows[i]?.[label] ?? Number.NaN;
    const smoothed = (i: number, label: number) => 0.9 * of(i, label) + (0.1 / 3) * (of(i, 0) + of(i, 1) + of(i, 2));

    it('equals softmaxCrossEntropy without smoothing and mixing', () =>
      expectClose(lossOf({ smoothing: 0 }), [of(0, 2), of(1, 0), of(2, 1)]));
    it('spreads a share of each label over all classes', () =>
      expectClose(lossOf({ smoothing: 0.1 }), [smoothed(0, 2), smoothed(1, 0), smoothed(2, 1)]));
    it('mixes the label of image i with that of the image at the same distance from the end', () =>
      expectClose(lossOf({ smoothing: 0, share: 0.7 }), [
        0.7 * of(0, 2) + 0.3 * of(0, 1),
        of(1, 0),
        0.7 * of(2, 1) + 0.3 * of(2, 2),
      ]));
    it('smooths and mixes together', () =>
      expectClose(lossOf({ smoothing: 0.1, share: 0.7 }), [
        0.7 * smoothed(0, 2) + 0.3 * smoothed(0, 1),
        smoothed(1, 0),
        0.7 * smoothed(2, 1) + 0.3 * smoothed(2, 2),
      ]));
  });
});

describe('a session', () => {
  it('throws TensorFlow’s message, frees its tensors after an error, and rejects runs after close', () => {
    const graph = new Graph();
    const { session } = openGraph(graph, [decodeBytes(graph.placeholder('x', 'string', []), [3])]);
    const before = tensorsAlive();
    const bytes = { x: { dtype: 'string' as const, shape: [], values: [Uint8Array.of(1, 2, 3, 4)] } };
    expect(() => session.run(bytes, ['fetch_0'])).toThrow(/multiple of 3/);
    expect(() => session.run({}, ['nothing_of_that_name'])).toThrow(/can not be found/);
    expect(tensorsAlive()).toBe(before);
    session.close();
    session.close();
    expect(() => session.run({}, ['fetch_0'])).toThrow(/closed/);
  });
});
