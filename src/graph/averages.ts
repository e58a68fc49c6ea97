/** Running averages of weights: what is evaluated and saved where a run keeps them (Polyak & Juditsky 1992). */
import type { Graph, Tensor } from './graph.js';
import { descend } from './optimizers.js';

/** Fed with `averageRate` when a step updates the averages. */
export const AVERAGE_RATE = 'average_rate';

/**
 * Share of the new weights in their averages after step `step` (from 1): 1 − decay, but at least 9 / (10 + step), so that
 * the first weights, which are random, are soon forgotten.
 */
export const averageRate = (step: number, decay: number): number => 1 - Math.min(decay, (1 + step) / (10 + step));

/**
 * Gives each parameter and each running value an average that starts where it starts, and returns the operations that move
 * the averages once `updates` are done: average −= rate · (average − value).
 */
export function followAverages(graph: Graph, updates: readonly Tensor[]): Tensor[] {
  const rate = graph.placeholder(AVERAGE_RATE, 'float32', []);
  const T = 'float32';
  return [...graph.variablesOf('parameter'), ...graph.variablesOf('statistic')].map((variable) => {
    const { name, shape, handle, initial } = variable;
    const average = graph.variable(`${name}.average`, shape, () => initial, 'average');
    graph.averages.set(variable, average);
    const updated = graph.op('ReadVariableOp', [handle], { dtype: T }, shape, { dtype: T, controls: updates });
    const distance = graph.op('Sub', [average.value, updated], { T }, shape);
    return descend(average, rate, distance);
  });
}
