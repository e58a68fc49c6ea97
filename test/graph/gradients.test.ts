/** Gradients of all operations against central differences, for random shapes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convolve } from '../../src/graph/convolution.js';
import { gradients } from '../../src/graph/gradients.js';
import { elements, Graph, layer, type Tensor, type Variable } from '../../src/graph/graph.js';
import { ones, zeros } from '../../src/graph/initializers.js';
import { batchNorm, conv2d, dense } from '../../src/graph/layers.js';
import { mixedCrossEntropy, softmaxCrossEntropy } from '../../src/graph/loss.js';
import { add, cast, concat, dropout, flatten, globalAvgPool, mean, relu, scale } from '../../src/graph/ops.js';
import { DRAW, drawOf } from '../../src/graph/random.js';
import { avgPool, maxPool } from '../../src/graph/window.js';
import { openGraph, runGraph } from '../support/run-graph.js';

/** A fixed pattern without ties: no maximum and no kink lies within the step of the differences. */
const pattern = (count: number, offset = 0): Float32Array =>
  Float32Array.from(
    { length: count },
    (_, i) => Math.sin(12.9898 * (i + 1 + offset)) * 1.3 + 0.011 * (((i + offset) * 7) % 13),
  );

const product = (a: Tensor, b: Tensor): Tensor => a.graph.op('Mul', [a, b], { T: a.dtype }, a.shape);
const sum = (x: Tensor): Tensor => {
  const axes = x.graph.constant([...x.shape.keys()], 'int32', [x.shape.length]);
  const y = x.graph.op('Sum', [x, axes], { T: x.dtype, Tidx: 'int32', keep_dims: false }, []);
  return x.graph.differentiable(y, [x], (dy) => [
    x.graph.op(
      'Fill',
      [x.graph.constant([...x.shape], 'int32', [x.shape.length]), dy],
      { T: x.dtype, index_type: 'int32' },
      x.shape,
      { dtype: x.dtype },
    ),
  ]);
};
/** A scalar to which every element of x contributes with a different weight. */
function weigh(x: Tensor): Tensor {
  const weights = x.graph.constant(pattern(elements(x.shape), 3), 'float32', x.shape);
  return sum(x.graph.differentiable(product(x, weights), [x], (dy) => [product(dy, weights)]));
}

/** Compares the gradient of `build` by each variable with (f(v + h) − f(v − h)) / 2h, at up to 12 elements of each variable. */
function expectRightGradients(
  shape: readonly number[],
  build: (x: Tensor) => Tensor,
  tolerance = 2e-2,
  draw?: Int32Array,
): void {
  const drawn = draw && { [DRAW]: { dtype: 'int32' as const, shape: [2], values: draw } };
  const graph = new Graph();
  const x = graph.variable('x', shape, zeros);
  const loss = build(x.value);
  const variables = graph.variablesOf('parameter');
  const given = gradients(loss, variables);
  const analytic = [...given.values()];
  const assigned = [...graph.variables.values()].map((variable) => assignment(graph, variable));
  const evaluated = graph.op('Identity', [loss], { T: 'float32' }, []);
  const set = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], {
    controls: assigned.map(({ operation }) => operation),
  });
  const { session } = openGraph(graph, [set, evaluated, ...analytic]);
  try {
    const values = new Map(assigned.map(({ variable }, i) => [variable.name, startOf(variable, i)]));
    const write = () =>
      session.run(
        Object.fromEntries(
          assigned.map(({ variable, feed }) => [
            feed,
            {
              dtype: 'float32' as const,
              shape: variable.shape,
              values: values.get(variable.name) ?? new Float32Array(),
            },
          ]),
        ),
        ['fetch_0'],
      );
    const f = () => {
      write();
      return session.run(drawn ?? {}, ['fetch_1'])[0]?.[0] ?? Number.NaN;
    };
    write();
    const found = session.run(
      drawn ?? {},
      analytic.map((_, i) => `fetch_${i + 2}`),
    );
    for (const variable of variables) {
      const value = values.get(variable.name) ?? new Float32Array();
      // A variable without a gradient has the gradient 0.
      const gradient = found[[...given.keys()].indexOf(variable)] ?? new Float32Array(value.length);
      const largest = Math.max(1e-2, ...gradient.map(Math.abs));
      for (let place = 0; place < value.length; place += Math.max(1, Math.floor(value.length / 12))) {
        const kept = value[place] ?? 0;
        const h = 2e-3;
        value[place] = kept + h;
        const above = f();
        value[place] = kept - h;
        const below = f();
        value[place] = kept;
        const numeric = (above - below) / (2 * h);
        expect(Math.abs((gradient[place] ?? Number.NaN) - numeric), `${variable.name}[${place}]`).toBeLessThan(
          tolerance * largest + 2e-3,
        );
      }
    }
  } finally {
    session.close();
  }
}

function assignment(graph: Graph, variable: Variable) {
  const feed = `set/${variable.name}`;
  const value = graph.placeholder(feed, 'float32', variable.shape);
  return {
    variable,
    feed,
    operation: graph.op('AssignVariableOp', [variable.handle, value], { dtype: 'float32' }, []),
  };
}

const startOf = (variable: Variable, i: number): Float32Array =>
  variable.name.endsWith('running_var')
    ? new Float32Array(elements(variable.shape)).fill(1)
    : pattern(elements(variable.shape), 17 * i);

const batchSize = fc.integer({ min: 1, max: 3 });
const side = fc.integer({ min: 4, max: 9 });
const width = fc.integer({ min: 1, max: 4 });
const image = fc.tuple(batchSize, side, side, width);
const examples = { numRuns: 4, seed: 20_151_210 };

/** Runs the property on random images. */
const overImages = (check: (shape: readonly number[]) => void): void => fc.assert(fc.property(image, check), examples);

describe('the gradient matches finite differences:', () => {
  it('relu', () => overImages((shape) => expectRightGradients(shape, (x) => weigh(relu(x)))));
  it('add with one tensor used twice', () =>
    overImages((shape) => expectRightGradients(shape, (x) => weigh(add(scale(x, 3), relu(x))))));
  it('concat', () => overImages((shape) => expectRightGradients(shape, (x) => weigh(concat(relu(x), scale(x, 0.5))))));
  it('concat of a concatenation that another operation reads too', () =>
    overImages((shape) =>
      expectRightGradients(shape, (x) => {
        const two = concat(relu(x), scale(x, 0.5));
        return weigh(concat(concat(two, scale(two, 2)), scale(x, 3)));
      }),
    ));
  it('flatten and dense', () => overImages((shape) => expectRightGradients(shape, (x) => weigh(dense(flatten(x), 3)))));
  it('globalAvgPool', () => overImages((shape) => expectRightGradients(shape, (x) => weigh(globalAvgPool(x)))));
  it('maxPool with padding', () =>
    overImages((shape) =>
      expectRightGradients(shape, (x) => weigh(maxPool(relu(x), { kernel: 3, stride: 2, padding: 1 }))),
    ));
  it('maxPool of a relu that another operation reads too', () =>
    overImages((shape) =>
      expectRightGradients(shape, (x) => {
        const y = relu(x);
        return weigh(concat(maxPool(y, { kernel: 3, stride: 1, padding: 1 }), scale(y, 2)));
      }),
    ));
  it('avgPool', () =>
    overImages((shape) => expectRightGradients(shape, (x) => weigh(avgPool(x, { kernel: 2, stride: 2 })))));
  it('mean and softmaxCrossEntropy', () =>
    fc.assert(
      fc.property(batchSize, fc.integer({ min: 2, max: 6 }), (n, classes) =>
        expectRightGradients([n, classes], (x) => {
          const labels = x.graph.constant(
            Array.from({ length: n }, (_, i) => i % classes),
            'int32',
          );
          return mean(softmaxCrossEntropy(x, labels));
        }),
      ),
      examples,
    ));
  it.each([{ smoothing: 0.1 }, { smoothing: 0, share: 0.7 }, { smoothing: 0.2, share: 0.5 }])(
    'mixedCrossEntropy with smoothing $smoothing and share $share',
    ({ smoothing, share }) =>
      fc.assert(
        fc.property(batchSize, fc.integer({ min: 2, max: 6 }), (n, classes) =>
          expectRightGradients([n, classes], (x) => {
            const labels = Array.from({ length: n }, (_, i) => i % classes);
            const targets = { smoothing, share: share === undefined ? undefined : x.graph.constant(share, 'float32') };
            return weigh(mixedCrossEntropy(x, x.graph.constant(labels, 'int32'), targets));
          }),
        ),
        examples,
      ),
  );
  it.each([
    { kernel: 1, stride: 1 },
    { kernel: 1, stride: 2 },
    { kernel: 3, stride: 1 },
    { kernel: 3, stride: 2 },
    { kernel: 7, stride: 2 },
    { kernel: 2, stride: 1, padding: 0 },
    { kernel: 3, stride: 2, bias: false },
  ])('conv2d with $kernel×$kernel windows at stride $stride', (options) =>
    overImages((shape) => expectRightGradients(shape, (x) => weigh(conv2d(x, { channels: 2, ...options })))),
  );
  it.each([
    { size: 1, kernel: 3, stride: 1 },
    { size: 2, kernel: 3, stride: 2 },
    { size: 1, kernel: 7, stride: 2 },
    { size: 2, kernel: 5, stride: 2, padding: 2 },
    { size: 3, kernel: 5, stride: 4, padding: 1 },
    { size: 4, kernel: 3, stride: 4, padding: 1 },
  ])('conv2d with a single $kernel×$kernel window that reaches beyond $size pixels', ({ size, ...options }) =>
    expectRightGradients([2, size, size, 2], (x) => {
      const y = conv2d(x, { channels: 3, ...options });
      expect(y.shape).toEqual([2, 1, 1, 3]);
      return weigh(y);
    }),
  );
  it('conv2d with a single window that reaches beyond the image, for any batch size', () =>
    fc.assert(
      fc.property(batchSize, fc.integer({ min: 1, max: 4 }), width, fc.boolean(), (n, size, c, bias) =>
        expectRightGradients([n, size, size, c], (x) => {
          // The stride is larger than the rest after the first window.
          const y = conv2d(x, { channels: 2, kernel: 5, stride: size, padding: 2, bias });
          expect(y.shape).toEqual([n, 1, 1, 2]);
          return weigh(y);
        }),
      ),
      examples,
    ));
  it.each([
    { kernel: 1, stride: 1, padding: 0 },
    { kernel: 1, stride: 2, padding: 0 },
    { kernel: 2, stride: 2, padding: 0 },
    { kernel: 3, stride: 1, padding: 1 },
    { kernel: 3, stride: 2, padding: 1 },
    { kernel: 5, stride: 1, padding: 2 },
  ])('a convolution tap by tap with $kernel×$kernel windows at stride $stride', (window) => {
    const plan = { output: 'taps', inputGradient: 'taps', weightGradient: 'taps' } as const;
    fc.assert(
      fc.property(image, (shape) =>
        expectRightGradients(shape, (x) => {
          const weight = x.graph.variable('weight', [window.kernel, window.kernel, shape[3], 2], zeros);
          return weigh(convolve(x, weight.value, window, plan));
        }),
      ),
      examples,
    );
  });
  it('batchNorm in training', () =>
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 3 }), side, width, (n, s, c) =>
        expectRightGradients([n, s, s, c], (x) => weigh(batchNorm(x)), 3e-2),
      ),
      examples,
    ));
  it('a convolution with a bias before batchNorm in training', () =>
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 3 }), side, width, (n, s, c) =>
        expectRightGradients(
          [n, s, s, c],
          (x) => {
            const y = layer('conv', x, (z) => conv2d(z, { channels: 2, kernel: 3 }));
            return weigh(layer('norm', y, (z) => batchNorm(z)));
          },
          3e-2,
        ),
      ),
      examples,
    ));
  it('dropout with fixed random numbers', () =>
    overImages((shape) => expectRightGradients(shape, (x) => weigh(dropout(x, 0.4)), undefined, drawOf(0, 5))));
  it('cast to bfloat16 and back', () => {
    const graph = new Graph();
    const x = graph.variable('x', [3], ones);
    const [gradient] = gradients(sum(scale(cast(cast(x.value, 'bfloat16'), 'float32'), 2)), [x]).values();
    if (gradient === undefined) throw new Error('no gradient');
    expect(gradient.dtype).toBe('float32');
    expect([...(runGraph(graph, [gradient])[0] ?? [])]).toEqual([2, 2, 2]);
  });
  it('none, for a variable that the loss does not depend on', () => {
    const graph = new Graph();
    const [used, unused] = [graph.variable('used', [2], ones), graph.variable('unused', [2], ones)];
    expect([...gradients(sum(used.value), [unused, used]).keys()]).toEqual([used]);
  });
});
