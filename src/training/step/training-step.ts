/** A training step after the loss: gradients, clipping, optimizer and averages; for a whole batch or over micro batches. */

import type { JobSpec } from '../../contracts/jobs/job.js';
import type { OptimizerSpec } from '../../contracts/training/training-options.js';
import { AVERAGE_RATE, averageRate, followAverages } from '../../graph/averages.js';
import { clipByGlobalNorm, gradients } from '../../graph/gradients.js';
import { type Graph, type Node, neededBy, type Tensor, type Variable, VIEWS } from '../../graph/graph.js';
import { zeros } from '../../graph/initializers.js';
import { adam, adamw, type Optimizer, type StepNumbers, sgd } from '../../graph/optimizers.js';

/** The part of a job that determines what happens to the gradients. */
export type StepSpec = Pick<JobSpec, 'optimizer' | 'gradientClipNorm' | 'emaDecay' | 'batchSize' | 'microBatchSize'>;

/** Fetch of a step without micro batches: the loss, after the update. */
export const TRAIN_LOSS = 'train_loss';
/** Fetches of the loss of a micro batch. The first one of a step resets the sums of the gradients, the next ones add to them. */
export const FIRST_MICRO_BATCH = 'train_first_loss';
export const NEXT_MICRO_BATCH = 'train_next_loss';
/** Fetch that applies the summed gradients. */
export const APPLY_UPDATE = 'train_update';
/** Feed of a micro batch: its share of the batch's images. */
export const MICRO_BATCH_SHARE = 'part_share';

/** `step` counts from 1 over the whole run, `updates` over the phase: each phase begins with an empty optimizer. */
export type UpdatePosition = Readonly<{ step: number; updates: number }>;

export type TrainingStep = Readonly<{
  roots: readonly Tensor[];
  /** Returns the scalars to feed to an update, by name. */
  numbers(at: UpdatePosition, learningRate: number): StepNumbers;
}>;

/** Returns whether a step accumulates gradients over micro batches. */
export const usesMicroBatches = ({
  batchSize,
  microBatchSize,
}: Pick<StepSpec, 'batchSize' | 'microBatchSize'>): boolean => microBatchSize < batchSize;

/** Returns the factor on the learning rate of a parameter. */
export type RateFactor = (variable: Variable) => number;

/** Adds a training step to the graph of the loss, a scalar. It updates all parameters but those of frozen layers. */
export function trainingStep(loss: Tensor, spec: StepSpec, factorOf: RateFactor = () => 1): TrainingStep {
  const { graph } = loss;
  const { emaDecay } = spec;
  const optimizer = withFactors(createOptimizer(graph, spec.optimizer), factorOf);
  return {
    roots: usesMicroBatches(spec) ? accumulatingStep(loss, optimizer, spec) : singleStep(loss, optimizer, spec),
    numbers: ({ step, updates }, learningRate) => ({
      ...optimizer.numbers(updates, learningRate),
      ...(emaDecay === null ? {} : { [AVERAGE_RATE]: averageRate(step, emaDecay) }),
    }),
  };
}

/** Multiplies the learning rate of each parameter by its factor. */
const withFactors = ({ numbers, apply }: Optimizer, factorOf: RateFactor): Optimizer => ({
  numbers,
  apply: (variable, gradient, options) => apply(variable, gradient, { factor: factorOf(variable), ...options }),
});

/** Returns the loss, fetched after every parameter and running statistic has been updated. */
function singleStep(loss: Tensor, optimizer: Optimizer, spec: StepSpec): Tensor[] {
  const { graph } = loss;
  const found = gradients(loss, graph.trained());
  const updates = updatesOf(graph, found, optimizer, spec, readersBehind(loss, [...found.values()]));
  return [identityAfter(loss, TRAIN_LOSS, withAverages(graph, [...updates, ...graph.updates], spec))];
}

/**
 * Each micro batch adds its gradients, times its share of the batch, to sums. The update uses the sums. Running statistics move
 * with each micro batch.
 */
function accumulatingStep(loss: Tensor, optimizer: Optimizer, spec: StepSpec): Tensor[] {
  const { graph } = loss;
  const share = graph.placeholder(MICRO_BATCH_SHARE, 'float32', []);
  const found = gradients(scaledBy(loss, share), graph.trained());
  const sums = new Map([...found.keys()].map((variable) => [variable, sumOf(graph, variable)]));
  const collect = (assignment: 'AssignVariableOp' | 'AssignAddVariableOp') => [
    ...[...sums].map(([variable, { handle }]) =>
      graph.op(assignment, [handle, found.get(variable) ?? handle], { dtype: 'float32' }, []),
    ),
    ...graph.updates,
  ];
  const first = identityAfter(loss, FIRST_MICRO_BATCH, collect('AssignVariableOp'));
  const next = identityAfter(loss, NEXT_MICRO_BATCH, collect('AssignAddVariableOp'));
  const summed = new Map([...sums].map(([variable, { value }]) => [variable, value]));
  const one = graph.constant(1, 'float32');
  const updates = withAverages(graph, updatesOf(graph, summed, optimizer, spec), spec);
  return [first, next, identityAfter(one, APPLY_UPDATE, updates)];
}

const sumOf = (graph: Graph, { name, shape }: Variable): Variable =>
  graph.variable(`${name}.gradient`, shape, zeros, 'sum');

/**
 * Returns the updates of the parameters. A parameter without a gradient, such as a bias that a BatchNorm cancels, is updated only
 * if it decays.
 */
function updatesOf(
  graph: Graph,
  found: ReadonlyMap<Variable, Tensor>,
  optimizer: Optimizer,
  { gradientClipNorm, optimizer: { weightDecay, decayNormAndBias } }: StepSpec,
  readers: (variable: Variable) => Tensor[] = () => [],
): Tensor[] {
  const clipped = gradientClipNorm === null ? found : clipByGlobalNorm(found, gradientClipNorm);
  const withoutGradient = graph.trained().filter((variable) => !clipped.has(variable));
  const decaying = weightDecay > 0 && decayNormAndBias ? withoutGradient : [];
  return [
    ...[...clipped].map(([variable, gradient]) => optimizer.apply(variable, gradient, { after: readers(variable) })),
    ...decaying.map((variable) => optimizer.apply(variable, zeros(graph, variable.name, variable.shape))),
  ];
}

/**
 * Returns, for a variable, the operations of the backward pass that read its memory, among those that `outputs` need: gradients of
 * inputs. An update that waits for them is made in place; without the wait TensorFlow copies the variable first.
 *
 * Operations of the forward pass are left out: they are done by then, and a control edge from them would keep TensorFlow from
 * fusing them.
 */
function readersBehind(loss: Tensor, outputs: readonly Tensor[]): (variable: Variable) => Tensor[] {
  const { graph } = loss;
  const nodes = [...graph.nodes.values()];
  const backward = new Set(nodes.slice(nodes.indexOf(loss.node) + 1));
  const readers = readersByNode(neededBy(outputs).filter((node) => backward.has(node)));
  const readersOf = (node: Node): Node[] =>
    (readers.get(node) ?? []).flatMap((reader) => (VIEWS.has(reader.op) ? readersOf(reader) : [reader]));
  return ({ value }) =>
    [...new Set(readersOf(value.node))].map((node) => ({ graph, node, index: 0, shape: [], dtype: 'float32' }));
}

/** Returns, for each node, those of `nodes` that read its output. */
function readersByNode(nodes: readonly Node[]): Map<Node, Node[]> {
  const readers = new Map<Node, Node[]>();
  for (const node of nodes) {
    for (const { node: input } of node.inputs) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node); // in place: thousands of nodes read a shared constant
    }
  }
  return readers;
}

/** Returns the updates, followed by those of the averages if the job has any. */
const withAverages = (graph: Graph, updates: readonly Tensor[], { emaDecay }: StepSpec): readonly Tensor[] =>
  emaDecay === null ? updates : [...updates, ...followAverages(graph, updates)];

/** Returns x under a name. It is computed after the operations in `controls`. */
const identityAfter = (x: Tensor, name: string, controls: readonly Tensor[]): Tensor =>
  x.graph.op('Identity', [x], { T: x.dtype }, x.shape, { name, controls });

/** Multiplies a scalar by a scalar that is fed. */
function scaledBy(x: Tensor, factor: Tensor): Tensor {
  const product = (a: Tensor) => x.graph.op('Mul', [a, factor], { T: x.dtype }, x.shape);
  return x.graph.differentiable(product(x), [x], (dy) => [product(dy)]);
}

function createOptimizer(graph: Graph, spec: OptimizerSpec): Optimizer {
  switch (spec.name) {
    case 'adam':
      return adam(graph, spec);
    case 'adamw':
      return adamw(graph, spec);
    case 'sgd':
      return sgd(graph, spec);
  }
}
