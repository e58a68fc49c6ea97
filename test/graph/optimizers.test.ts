/** Optimizers, weight decay, clipping and averages against the formulas of their papers in double precision. */
import { describe, expect, it } from 'vitest';
import { averageRate, followAverages } from '../../src/graph/averages.js';
import { clipByGlobalNorm } from '../../src/graph/gradients.js';
import { Graph, type Tensor, type Variable } from '../../src/graph/graph.js';
import { adam, adamw, descend, type Optimizer, sgd } from '../../src/graph/optimizers.js';
import { openGraph, runGraph } from '../support/run-graph.js';

const START = { weight: [0.5, -1.5, 2, 0.25], bias: [1, -0.75] } as const;
type Name = keyof typeof START;
type Path = Readonly<Record<Name, readonly number[]>>[];

/** Gradient of the test loss curvature / 2 · (w − target)². */
const CURVATURE = 0.8;
const TARGET = -0.3;

const op = (type: string, a: Tensor, b: Tensor): Tensor => a.graph.op(type, [a, b], { T: 'float32' }, a.shape);
const scalars = (numbers: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      { dtype: 'float32' as const, shape: [], values: Float32Array.of(value) },
    ]),
  );

/** Trains a matrix and a vector for one step per learning rate. Returns their values after each step. */
function descendWith(create: (graph: Graph) => Optimizer, rates: readonly number[]): Path {
  const graph = new Graph();
  const names = ['weight', 'bias'] as const;
  const variables = names.map((name) => {
    const shape = name === 'weight' ? [2, 2] : [2];
    return graph.variable(name, shape, () => graph.constant([...START[name]], 'float32', shape));
  });
  const { apply, numbers } = create(graph);
  const steps = variables.map((variable) => {
    const distance = op('Sub', variable.value, graph.constant(TARGET, 'float32'));
    return apply(variable, op('Mul', distance, graph.constant(CURVATURE, 'float32')));
  });
  const { session } = openGraph(graph, [initOf(graph), done(graph, steps), ...variables.map(({ value }) => value)]);
  try {
    session.run({}, ['fetch_0']);
    return rates.map((rate, i) => {
      session.run(scalars(numbers(i + 1, rate)), ['fetch_1']);
      const [weight = [], bias = []] = session.run({}, ['fetch_2', 'fetch_3']).map((values) => [...values]);
      return { weight, bias };
    });
  } finally {
    session.close();
  }
}

const done = (graph: Graph, controls: readonly Tensor[]): Tensor =>
  graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { controls });

/** Sets every variable to its initial value. */
const initOf = (graph: Graph): Tensor =>
  done(
    graph,
    [...graph.variables.values()].map(({ handle, initial }) =>
      graph.op('AssignVariableOp', [handle, initial], { dtype: 'float32' }, []),
    ),
  );

/** Update rule of one number: returns its next value from its value, gradient, learning rate and state. */
type Rule = (w: number, gradient: number, rate: number, memory: { m: number; v: number }, step: number) => number;

/** Computes the same values with a rule in double precision. `decaying` says which of the two variables decay. */
function expectPath(found: Path, rates: readonly number[], rule: (decaying: boolean) => Rule, all = false): void {
  for (const name of ['weight', 'bias'] as const) {
    for (const [place, start] of START[name].entries()) {
      const memory = { m: 0, v: 0 };
      let w: number = start;
      for (const [i, rate] of rates.entries()) {
        w = rule(name === 'weight' || all)(w, CURVATURE * (w - TARGET), rate, memory, i + 1);
        expect(found[i]?.[name][place], `${name}[${place}] after step ${i + 1}`).toBeCloseTo(w, 5);
      }
    }
  }
}

/** Update of torch.optim.Adam, as its documentation states it. */
function adamStep(w: number, g: number, rate: number, memory: { m: number; v: number }, t: number): number {
  memory.m = 0.9 * memory.m + 0.1 * g;
  memory.v = 0.99 * memory.v + 0.01 * g * g;
  return w - (rate * (memory.m / (1 - 0.9 ** t))) / (Math.sqrt(memory.v / (1 - 0.99 ** t)) + 1e-3);
}
const ADAM = { beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };
const RATES = [0.1, 0.1, 0.02, 0.3, 0.05, 0.1, 0.1, 0.1];
const DECAY = 0.2;

describe('an optimizer steps as its paper defines:', () => {
  const without = { weightDecay: 0, decayNormAndBias: false };
  const decay = { weightDecay: DECAY, decayNormAndBias: false };

  it('Adam with a changing learning rate', () => {
    expectPath(
      descendWith((graph) => adam(graph, { ...ADAM, ...without }), RATES),
      RATES,
      () => adamStep,
    );
  });

  it.each([false, true])('AdamW with decay outside the gradient (norms and biases: %s)', (all) => {
    const options = { ...ADAM, ...decay, decayNormAndBias: all };
    const rule =
      (decaying: boolean): Rule =>
      (w, g, rate, memory, t) =>
        adamStep(w * (1 - rate * (decaying ? DECAY : 0)), g, rate, memory, t);
    expectPath(
      descendWith((graph) => adamw(graph, options), RATES),
      RATES,
      rule,
      all,
    );
  });

  it.each([false, true])('Adam with decay in the gradient (norms and biases: %s)', (all) => {
    const options = { ...ADAM, ...decay, decayNormAndBias: all };
    const rule =
      (decaying: boolean): Rule =>
      (w, g, rate, memory, t) =>
        adamStep(w, g + (decaying ? DECAY * w : 0), rate, memory, t);
    expectPath(
      descendWith((graph) => adam(graph, options), RATES),
      RATES,
      rule,
      all,
    );
  });

  it('Adam with β2 nearly 1, rounded to float32 everywhere', () => {
    const options = { ...ADAM, beta2: 0.9999999, ...without };
    const rule = (): Rule => (w, g, rate, memory, t) => {
      memory.m = 0.9 * memory.m + 0.1 * g;
      memory.v += g * g; // it forgets so slowly that it is the mean of all squares
      return w - (rate * (memory.m / (1 - 0.9 ** t))) / (Math.sqrt(memory.v / t) + 1e-3);
    };
    expectPath(
      descendWith((graph) => adam(graph, options), RATES),
      RATES,
      rule,
    );
  });

  it('AdamW without decay like Adam', () => {
    const path = (create: typeof adam) => descendWith((graph) => create(graph, { ...ADAM, ...without }), RATES);
    expect(path(adamw)).toEqual(path(adam));
  });

  it.each([
    { momentum: 0, nesterov: false, all: false },
    { momentum: 0.9, nesterov: false, all: false },
    { momentum: 0.9, nesterov: true, all: false },
    { momentum: 0.9, nesterov: false, all: true },
  ])(
    'descent with momentum $momentum (Nesterov: $nesterov) and the decay in the gradient (norms and biases: $all)',
    ({ momentum, nesterov, all }) => {
      const rule =
        (decaying: boolean): Rule =>
        (w, gradient, rate, memory) => {
          const g = gradient + (decaying ? DECAY * w : 0);
          memory.v = momentum * memory.v + g;
          return w - rate * (nesterov ? g + momentum * memory.v : memory.v);
        };
      expectPath(
        descendWith((graph) => sgd(graph, { momentum, nesterov, weightDecay: DECAY, decayNormAndBias: all }), RATES),
        RATES,
        rule,
        all,
      );
    },
  );

  it('Adam with epsilon added to the corrected root: a gradient of that size moves half the rate', () => {
    const graph = new Graph();
    const w = graph.variable('w', [1], () => graph.constant([0], 'float32'));
    const { apply, numbers } = adam(graph, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...without });
    const step = apply(w, graph.constant([1e-8], 'float32'));
    const { session } = openGraph(graph, [initOf(graph), done(graph, [step]), w.value]);
    session.run({}, ['fetch_0']);
    session.run(scalars(numbers(1, 0.1)), ['fetch_1']);
    expect(session.run({}, ['fetch_2'])[0]?.[0]).toBeCloseTo(-0.05, 5); // on the uncorrected root it would be -0.031
    session.close();
  });
});

describe('clipByGlobalNorm', () => {
  /** Gradients (3, 4) and (0, 12) times `unit`, with a common norm of 13 · unit. */
  function clipped(limit: number, unit = 1): number[] {
    const graph = new Graph();
    const found = new Map<Variable, Tensor>(
      [
        [3, 4],
        [0, 12],
      ].map((values, i) => [
        graph.variable(`v${i}`, [2], () => graph.constant(0, 'float32')),
        graph.constant(
          values.map((value) => value * unit),
          'float32',
        ),
      ]),
    );
    return runGraph(graph, [...clipByGlobalNorm(found, limit).values()]).flatMap((values) => [...values]);
  }

  it('scales all gradients by one factor to the limit', () => {
    for (const [i, value] of clipped(6.5).entries()) expect(value).toBeCloseTo([1.5, 2, 0, 6][i] ?? Number.NaN, 5);
  });
  it('does not change gradients with a smaller norm', () => expect(clipped(14)).toEqual([3, 4, 0, 12]));
  it('adds 1e-6 to the norm, like PyTorch', () => {
    expect(clipped(1e-6, 1e-6 / 13)[3]).toBeCloseTo(12e-6 / 13 / 2, 9); // a norm of 1e-6 is scaled to half of the limit
  });
  it('accepts no gradients', () => expect(clipByGlobalNorm(new Map(), 1).size).toBe(0));
});

describe('an exponential moving average', () => {
  it('forgets the initial weights quickly and approaches its decay', () => {
    const kept = (step: number) => 1 - averageRate(step, 0.9);
    expect(kept(1)).toBeCloseTo(2 / 11, 12);
    expect(kept(10)).toBeCloseTo(11 / 20, 12);
    expect(kept(80)).toBeCloseTo(0.9, 12); // (1 + 80) / (10 + 80) is exactly 0.9
    expect(kept(5000)).toBeCloseTo(0.9, 12);
  });

  it('starts at the value, follows it after each update, and is read by an evaluation', () => {
    const graph = new Graph();
    const w = graph.variable('w', [2], () => graph.constant([4, -8], 'float32'));
    const update = descend(w, graph.constant(1, 'float32'), graph.constant([1, -2], 'float32'));
    const step = done(graph, followAverages(graph, [update]));
    expect(graph.variable('w', [2], () => w.initial)).toBe(w);
    graph.phase = 'evaluation';
    const average = graph.variable('w', [2], () => w.initial);
    const { session } = openGraph(graph, [initOf(graph), step, average.value]);
    session.run({}, ['fetch_0']);
    let [expected, value] = [4, 4];
    for (const rate of [0.8, 0.5, 0.25, 0.1, 0.1]) {
      session.run(scalars({ average_rate: rate }), ['fetch_1']);
      value -= 1;
      expected = (1 - rate) * expected + rate * value;
      const [first, second] = session.run({}, ['fetch_2'])[0] ?? [];
      expect(first).toBeCloseTo(expected, 5);
      expect(second).toBeCloseTo(-2 * expected, 5);
    }
    session.close();
  });
});
