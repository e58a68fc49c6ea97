/** Optimizers as graph operations: each updates its variables in place, in PyTorch's arithmetic. */
import type { Graph, Tensor, Variable } from './graph.js';
import { zeros } from './initializers.js';

/** Numbers of one step that are fed when it runs, since they change from step to step. */
export type StepNumbers = Readonly<Record<string, number>>;

export type Optimizer = Readonly<{
  /** Names of the float32 scalars that each step is fed with. */
  feeds: readonly string[];
  /** Adds the update of one variable to the graph and returns its operation. */
  apply(variable: Variable, gradient: Tensor): Tensor;
}>;

const slot = (graph: Graph, variable: Variable, name: string): Tensor =>
  graph.variable(`${variable.name}.${name}`, variable.shape, zeros, 'slot').handle;

export type AdamOptions = Readonly<{ beta1: number; beta2: number; epsilon: number }>;

/**
 * Adam (Kingma & Ba 2014, arXiv:1412.6980): m and v are running means of the gradient and its square,
 * variable −= rate · m / (√v + epsilon). The corrections of the two means for step t are in the two fed numbers,
 * computed in double precision by `adamNumbers`; hence the kernel's own powers of beta are 0.
 */
export function adam(graph: Graph, { beta1, beta2 }: AdamOptions): Optimizer {
  const rate = graph.placeholder('adam_rate', 'float32', []);
  const epsilon = graph.placeholder('adam_epsilon', 'float32', []);
  const [zero, b1, b2] = [0, beta1, beta2].map((value) => graph.constant(value, 'float32')) as [Tensor, Tensor, Tensor];
  return {
    feeds: ['adam_rate', 'adam_epsilon'],
    apply(variable, gradient) {
      const m = slot(graph, variable, 'exp_avg');
      const v = slot(graph, variable, 'exp_avg_sq');
      const inputs = [variable.handle, m, v, zero, zero, rate, b1, b2, epsilon, gradient];
      return graph.op('ResourceApplyAdam', inputs, { T: 'float32', use_locking: false, use_nesterov: false }, []);
    },
  };
}

/**
 * What step t (from 1) of Adam is fed with. PyTorch divides m by 1−β1^t and v by 1−β2^t and adds epsilon to the root
 * of the latter; multiplying through by √(1−β2^t) gives the same quotient with a corrected rate and epsilon.
 */
export function adamNumbers(step: number, learningRate: number, { beta1, beta2, epsilon }: AdamOptions): StepNumbers {
  const root = Math.sqrt(1 - beta2 ** step);
  return { adam_rate: (learningRate * root) / (1 - beta1 ** step), adam_epsilon: epsilon * root };
}

export type SgdOptions = Readonly<{ momentum: number; nesterov: boolean }>;

/**
 * Stochastic gradient descent, with momentum v ← momentum · v + gradient, variable −= rate · v where it is above 0;
 * Nesterov's form steps by gradient + momentum · v (Sutskever et al. 2013), both as torch.optim.SGD has them.
 */
export function sgd(graph: Graph, { momentum, nesterov }: SgdOptions): Optimizer {
  const rate = graph.placeholder('sgd_rate', 'float32', []);
  const m = graph.constant(momentum, 'float32');
  return {
    feeds: ['sgd_rate'],
    apply(variable, gradient) {
      if (momentum === 0) {
        return graph.op(
          'ResourceApplyGradientDescent',
          [variable.handle, rate, gradient],
          { T: 'float32', use_locking: false },
          [],
        );
      }
      const inputs = [variable.handle, slot(graph, variable, 'momentum_buffer'), rate, gradient, m];
      return graph.op(
        'ResourceApplyMomentum',
        inputs,
        { T: 'float32', use_locking: false, use_nesterov: nesterov },
        [],
      );
    },
  };
}

/** What a step of SGD is fed with. */
export const sgdNumbers = (learningRate: number): StepNumbers => ({ sgd_rate: learningRate });
