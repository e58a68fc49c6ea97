/** Dropout: shares, reproducibility, gradients, and phases without it. */
import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/graph/gradients.js';
import { Graph, layer, type Phase, type Tensor } from '../../src/graph/graph.js';
import { ones } from '../../src/graph/initializers.js';
import { cast, dropout, mean, reshape } from '../../src/graph/ops.js';
import { drawOf } from '../../src/graph/random.js';
import { openGraph, runGraph } from '../support/run-graph.js';

const SIZE = 20_000;
const draw = (step: number, part = 0) => ({
  draw: { dtype: 'int32' as const, shape: [2], values: drawOf(part, step) },
});
const feed = (rows = SIZE / 100) => ({
  x: { dtype: 'float32' as const, shape: [rows, 100], values: new Float32Array(rows * 100).fill(3) },
});

/** Applies dropout to threes in two layers of a graph with an unknown batch size. */
function twoLayers(rate: number, seed = 0) {
  const graph = new Graph({ seed });
  const x = graph.placeholder('x', 'float32', [-1, 100]);
  const outputs = ['a', 'b'].map((name) => layer(name, x, (y) => dropout(y, rate)));
  return openGraph(graph, outputs);
}
const run = (rate: number, step: number, { seed = 0, part = 0, rows = SIZE / 100 } = {}): Float32Array[] => {
  const { run: fetch, session } = twoLayers(rate, seed);
  try {
    return fetch({ ...feed(rows), ...draw(step, part) }) as Float32Array[];
  } finally {
    session.close();
  }
};
const shareOfZeros = (values: Float32Array): number => values.filter((value) => value === 0).length / values.length;

describe('dropout', () => {
  it.each([0.1, 0.5, 0.9])('sets a share of %f to 0 and divides the others by the rest', (rate) => {
    const [a = new Float32Array()] = run(rate, 1);
    expect(a).toHaveLength(SIZE);
    expect(Math.abs(shareOfZeros(a) - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / SIZE));
    const kept = a.filter((value) => value !== 0);
    expect(Math.max(...kept)).toBeCloseTo(3 / (1 - rate), 4);
    expect(Math.min(...kept)).toBeCloseTo(3 / (1 - rate), 4);
  });

  it('depends on step, micro batch, seed and layer alone', () => {
    expect(run(0.5, 1)).toEqual(run(0.5, 1));
    const places = [0, 1].flatMap((seed) => [0, 1, 2].map((part) => ({ seed, part })));
    const draws = [...run(0.5, 2), ...places.flatMap((place) => run(0.5, 1, place))];
    for (const [i, one] of draws.entries()) {
      for (const other of draws.slice(i + 1)) {
        const equal = one.filter((value, at) => value === other[at]).length;
        expect(Math.abs(equal / SIZE - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / SIZE)); // two independent draws
      }
    }
  });

  it('accepts any number of images', () => {
    expect(run(0.5, 1, { rows: 3 })[0]).toHaveLength(300);
  });

  it.each(['evaluation', 'serving'] satisfies Phase[])('does nothing in the phase of %s', (phase) => {
    const graph = new Graph();
    graph.phase = phase;
    const x = graph.placeholder('x', 'float32', [-1, 100]);
    expect(dropout(x, 0.5)).toBe(x);
  });
  it('does nothing at rate 0 and needs no random numbers', () => {
    const graph = new Graph();
    const x = graph.placeholder('x', 'float32', [-1, 100]);
    expect(dropout(x, 0)).toBe(x);
    expect(graph.findPlaceholder('draw')).toBeUndefined();
  });

  it('passes the gradient of kept numbers with the same factor', () => {
    const graph = new Graph();
    const variable = graph.variable('x', [100], ones);
    const y = layer('a', variable.value, (x) => dropout(x, 0.75));
    const [gradient] = gradients(mean(y), [variable]).values();
    const initial = graph.op('AssignVariableOp', [variable.handle, variable.initial], { dtype: 'float32' }, []);
    const ready = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { controls: [initial] });
    const { session } = openGraph(graph, [ready, y, gradient as Tensor]);
    try {
      session.run({}, ['fetch_0']);
      const [values = [], slopes = []] = session.run(draw(1), ['fetch_1', 'fetch_2']);
      expect([...values].filter((value) => value === 4).length).toBeGreaterThan(5);
      expect([...slopes].map((slope) => Math.round(slope * 1e6) / 1e6)).toEqual(
        [...values].map((value) => value / 100),
      );
    } finally {
      session.close();
    }
  });

  it('works on bfloat16', () => {
    const graph = new Graph();
    const x = graph.constant(new Float32Array(100).fill(1), 'float32', [10, 10]);
    const y = cast(
      layer('a', cast(x, 'bfloat16'), (z) => dropout(z, 0.5)),
      'float32',
    );
    const [values = []] = runGraph(graph, [reshape(y, [100])], draw(1));
    expect(new Set(values)).toEqual(new Set([0, 2]));
  });

  it('is rejected twice in one layer, because both would drop the same elements', () => {
    const x = new Graph().placeholder('x', 'float32', [-1, 100]);
    expect(() => layer('a', x, (y) => dropout(dropout(y, 0.5), 0.5))).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringMatching(/already has a node "dropout\/a"/) }),
    );
  });
});
