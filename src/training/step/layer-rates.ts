/** Discriminative learning rates: factors on the learning rate by the depth of a layer. */
import type { Variable } from '../../graph/graph.js';
import type { RateFactor } from './training-step.js';

/** `headRate` is greater than 0, `layerDecay` greater than 0 and at most 1; both are 1 by default. */
export type LayerRates = Readonly<{ headRate?: number; layerDecay?: number }>;

/**
 * Returns the factor of each parameter: `headRate` for the head, and `layerDecay` ^ depth for the others (Howard & Ruder 2018,
 * arXiv:1801.06146, §3.1; Bao et al. 2021, arXiv:2106.08254). `stages` names the first layer of each stage, the head last; the layers
 * before the first are the stem. The depth of a stage is the number of stages behind it: 1 for the stage before the head.
 */
export function rateFactors(
  variables: readonly Variable[],
  stages: readonly string[],
  { headRate = 1, layerDecay = 1 }: LayerRates,
): RateFactor {
  const factors = new Map<Variable, number>();
  let depth = stages.length;
  for (const variable of variables) {
    const begun = stages.findIndex((stage) => variable.name.startsWith(`${stage}.`));
    if (begun !== -1) depth = stages.length - 1 - begun;
    factors.set(variable, depth === 0 ? headRate : layerDecay ** depth);
  }
  return (variable) => factors.get(variable) ?? 1;
}
