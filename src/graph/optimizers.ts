/** Optimizers as graph operations: they update variables in place and compute like PyTorch. */
import type { Graph, Tensor, Variable } from './graph.js';
import { zeros } from './initializers.js';
import { scale } from './ops.js';

/** Scalars to feed to a step, by name: they change from step to step. */
export type StepNumbers = Readonly<Record<string, number>>;

export type Optimizer = Readonly<{
  /** Returns the float32 scalars to feed to step `step` (from 1) at a learning rate, by name. */
  numbers(step: number, learningRate: number): StepNumbers;
  /** Adds the update of a variable to the graph. */
  apply(variable: Variable, gradient: Tensor, options?: UpdateOptions): Tensor;
}>;

/** `factor` multiplies the learning rate, by default 1. The update runs after the operations in `after`. */
export type UpdateOptions = Readonly<{ factor?: number; after?: readonly Tensor[] }>;

/** Returns rate · factor for a scalar `rate`. */
const scaledRate = (rate: Tensor, factor = 1): Tensor =>
  factor === 1 ? rate : rate.graph.shared(`${rate.node.name} · ${factor}`, () => scale(rate, factor));

const slot = (graph: Graph, variable: Variable, name: string): Tensor =>
  graph.variable(`${variable.name}.${name}`, variable.shape, zeros, 'slot').handle;

/** Weight decay: `weightDecay` is 0 or more. */
export type DecayOptions = Readonly<{ weightDecay: number; decayNormAndBias: boolean }>;

/** Returns whether a variable decays. Biases and BatchNorm's parameters, which have one dimension, decay only with `decayNormAndBias`. */
const decays = ({ shape }: Variable, { weightDecay, decayNormAndBias }: DecayOptions): boolean =>
  weightDecay > 0 && (decayNormAndBias || shape.length > 1);

/** gradient + weightDecay · variable: the gradient of a loss with weightDecay / 2 · Σ variable² added. */
function withDecay(variable: Variable, gradient: Tensor, options: DecayOptions): Tensor {
  if (!decays(variable, options)) return gradient;
  const pull = scale(variable.value, options.weightDecay);
  return gradient.graph.op('AddV2', [gradient, pull], { T: 'float32' }, variable.shape);
}

export type AdamOptions = Readonly<{ beta1: number; beta2: number; epsilon: number }> & DecayOptions;

/**
 * Adam (Kingma & Ba 2014, arXiv:1412.6980): m and v are running means of the gradient and its square,
 * variable −= rate · m / (√v + epsilon). The decay is added to the gradient.
 *
 * The bias corrections of step t are in the two fed numbers, computed in double precision. PyTorch divides m by 1−β1^t and v by
 * 1−β2^t, and adds epsilon to the root of the latter. Multiplying by √(1−β2^t) gives the same quotient with a corrected rate and
 * epsilon, so the kernel's own powers of beta are 0.
 */
export function adam(graph: Graph, options: AdamOptions): Optimizer {
  const [beta1, beta2] = [Math.fround(options.beta1), Math.fround(options.beta2)]; // what the kernel computes with
  const rate = graph.placeholder('adam_rate', 'float32', []);
  const epsilon = graph.placeholder('adam_epsilon', 'float32', []);
  const [zero, b1, b2] = [0, beta1, beta2].map((value) => graph.constant(value, 'float32')) as [Tensor, Tensor, Tensor];
  return {
    numbers(step, learningRate) {
      const root = Math.sqrt(1 - beta2 ** step);
      return { adam_rate: (learningRate * root) / (1 - beta1 ** step), adam_epsilon: options.epsilon * root };
    },
    apply(variable, gradient, { factor, after: controls = [] } = {}) {
      const m = slot(graph, variable, 'exp_avg');
      const v = slot(graph, variable, 'exp_avg_sq');
      const inputs = [
        variable.handle,
        m,
        v,
        zero,
        zero,
        scaledRate(rate, factor),
        b1,
        b2,
        epsilon,
        withDecay(variable, gradient, options),
      ];
      const attributes = { T: 'float32', use_locking: false, use_nesterov: false };
      return graph.op('ResourceApplyAdam', inputs, attributes, [], { controls });
    },
  };
}

/**
 * AdamW (Loshchilov & Hutter 2017, arXiv:1711.05101): variable −= rate · weightDecay · variable, before Adam's step and not part of
 * the gradient, like torch.optim.AdamW.
 */
export function adamw(graph: Graph, options: AdamOptions): Optimizer {
  const { numbers, apply } = adam(graph, { ...options, weightDecay: 0 });
  if (options.weightDecay === 0) return { numbers, apply };
  const decay = graph.placeholder('adamw_decay', 'float32', []);
  return {
    numbers: (step, rate) => ({ ...numbers(step, rate), adamw_decay: rate * options.weightDecay }),
    apply(variable, gradient, update = {}) {
      if (!decays(variable, options)) return apply(variable, gradient, update);
      const decayed = descend(variable, scaledRate(decay, update.factor), variable.value, update.after);
      return apply(variable, gradient, { ...update, after: [decayed] });
    },
  };
}

export type SgdOptions = Readonly<{ momentum: number; nesterov: boolean }> & DecayOptions;

/**
 * Stochastic gradient descent, like torch.optim.SGD. With momentum: v ← momentum · v + gradient, variable −= rate · v. Nesterov's
 * form steps by gradient + momentum · v (Sutskever et al. 2013). The decay is added to the gradient.
 */
export function sgd(graph: Graph, options: SgdOptions): Optimizer {
  const { momentum, nesterov } = options;
  const rate = graph.placeholder('sgd_rate', 'float32', []);
  const m = graph.constant(momentum, 'float32');
  return {
    numbers: (_, learningRate) => ({ sgd_rate: learningRate }),
    apply(variable, gradient, { factor, after: controls = [] } = {}) {
      const direction = withDecay(variable, gradient, options);
      const own = scaledRate(rate, factor);
      if (momentum === 0) return descend(variable, own, direction, controls);
      const inputs = [variable.handle, slot(graph, variable, 'momentum_buffer'), own, direction, m];
      const attributes = { T: 'float32', use_locking: false, use_nesterov: nesterov };
      return graph.op('ResourceApplyMomentum', inputs, attributes, [], { controls });
    },
  };
}

/** variable −= rate · direction, for a scalar `rate`. */
export function descend(
  { handle }: Variable,
  rate: Tensor,
  direction: Tensor,
  controls: readonly Tensor[] = [],
): Tensor {
  const attributes = { T: 'float32', use_locking: false };
  return handle.graph.op('ResourceApplyGradientDescent', [handle, rate, direction], attributes, [], { controls });
}
