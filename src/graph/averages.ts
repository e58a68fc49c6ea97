/** Exponential moving averages of the weights (Polyak & Juditsky 1992). A run that keeps them evaluates and saves them. */
import type { Graph, Tensor } from './graph.js';
import { descend } from './optimizers.js';

/** Placeholder of the rate at which a step moves the averages. It is fed with `averageRate`. */
export const AVERAGE_RATE = 'average_rate';

/**
 * Returns the share of the new weights in the averages after step `step` (from 1): 1 − decay, but at least 9 / (10 + step), so that
 * the random initial weights soon lose their influence.
 */
export const averageRate = (step: number, decay: number): number => 1 - Math.min(decay, (1 + step) / (10 + step));

/**
 * Adds an average of each parameter and running statistic, with the same initial value. Returns the operations that move the
 * averages after `updates`: average −= rate · (average − value).
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
