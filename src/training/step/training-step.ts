/** What a training step does beyond the loss: gradients, clipping, the optimizer, the averages; whole or in parts. */

import type { JobSpec } from '../../contracts/jobs/job.js';
import type { OptimizerSpec } from '../../contracts/training/training-options.js';
import { AVERAGE_RATE, averageRate, followAverages } from '../../graph/averages.js';
import { clipByGlobalNorm, gradients } from '../../graph/gradients.js';
import { type Graph, type Node, neededBy, type Tensor, type Variable, VIEWS } from '../../graph/graph.js';
import { zeros } from '../../graph/initializers.js';
import { adam, adamw, type Optimizer, type StepNumbers, sgd } from '../../graph/optimizers.js';

/** What of a job decides what becomes of the gradients. */
export type StepSpec = Pick<JobSpec, 'optimizer' | 'gradientClipNorm' | 'emaDecay' | 'batchSize' | 'microBatchSize'>;

/** The names that a step fetches: all at once, or the loss of each part (the first one starts the sums anew) and the update. */
export const TRAIN_LOSS = 'train_loss';
export const FIRST_MICRO_BATCH = 'train_first_loss';
export const NEXT_MICRO_BATCH = 'train_next_loss';
export const APPLY_UPDATE = 'train_update';
/** Fed with the part's share of the batch when a part runs. */
export const MICRO_BATCH_SHARE = 'part_share';

export type TrainingStep = Readonly<{
  roots: readonly Tensor[];
  /** The scalars that the update of step `step` (from 1) is fed with, by name. */
  numbers(step: number, learningRate: number): StepNumbers;
}>;

/** Whether a step adds up gradients over parts of its batch. */
export const usesMicroBatches = ({
  batchSize,
  microBatchSize,
}: Pick<StepSpec, 'batchSize' | 'microBatchSize'>): boolean => microBatchSize < batchSize;

/** Adds to the graph of the loss (a scalar) what makes a training step of it. */
export function trainingStep(loss: Tensor, spec: StepSpec): TrainingStep {
  const { graph } = loss;
  const { emaDecay } = spec;
  const optimizer = createOptimizer(graph, spec.optimizer);
  return {
    roots: usesMicroBatches(spec) ? accumulatingStep(loss, optimizer, spec) : singleStep(loss, optimizer, spec),
    numbers: (step, learningRate) => ({
      ...optimizer.numbers(step, learningRate),
      ...(emaDecay === null ? {} : { [AVERAGE_RATE]: averageRate(step, emaDecay) }),
    }),
  };
}

/** The loss, known once every weight and running value is updated. */
function singleStep(loss: Tensor, optimizer: Optimizer, spec: StepSpec): Tensor[] {
  const { graph } = loss;
  const found = gradients(loss, graph.variablesOf('parameter'));
  const updates = updatesOf(graph, found, optimizer, spec, readersBehind(loss, [...found.values()]));
  return [identityAfter(loss, TRAIN_LOSS, withAverages(graph, [...updates, ...graph.updates], spec))];
}

/**
 * Each part adds its gradients, times its share of the batch, to sums that the first part sets; the update is made from
 * the sums. Running values move with each part.
 */
function accumulatingStep(loss: Tensor, optimizer: Optimizer, spec: StepSpec): Tensor[] {
  const { graph } = loss;
  const share = graph.placeholder(MICRO_BATCH_SHARE, 'float32', []);
  const found = gradients(scaledBy(loss, share), graph.variablesOf('parameter'));
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
  const done = graph.constant(1, 'float32');
  return [
    first,
    next,
    identityAfter(done, APPLY_UPDATE, withAverages(graph, updatesOf(graph, summed, optimizer, spec), spec)),
  ];
}

const sumOf = (graph: Graph, { name, shape }: Variable): Variable =>
  graph.variable(`${name}.gradient`, shape, zeros, 'sum');

/** The update of each variable that has a gradient. One that has none, a bias that a BatchNorm cancels, may still decay. */
function updatesOf(
  graph: Graph,
  found: ReadonlyMap<Variable, Tensor>,
  optimizer: Optimizer,
  { gradientClipNorm, optimizer: { weightDecay, decayNormAndBias } }: StepSpec,
  readers: (variable: Variable) => Tensor[] = () => [],
): Tensor[] {
  const clipped = gradientClipNorm === null ? found : clipByGlobalNorm(found, gradientClipNorm);
  const still = graph.variablesOf('parameter').filter((variable) => !clipped.has(variable));
  const decaying = weightDecay > 0 && decayNormAndBias ? still : [];
  return [
    ...[...clipped].map(([variable, gradient]) => optimizer.apply(variable, gradient, readers(variable))),
    ...decaying.map((variable) => optimizer.apply(variable, zeros(graph, variable.name, variable.shape))),
  ];
}

/**
 * The operations on the way back from the loss that read the memory of a variable, among those that `outputs` need: gradients of
 * inputs. An update that waits for them is made in place; one that does not has TensorFlow copy the variable first. What reads it
 * before the loss is done by then; an edge from there would keep TensorFlow from fusing it.
 */
function readersBehind(loss: Tensor, outputs: readonly Tensor[]): (variable: Variable) => Tensor[] {
  const { graph } = loss;
  const nodes = [...graph.nodes.values()];
  const behind = new Set(nodes.slice(nodes.indexOf(loss.node) + 1));
  const readers = new Map<Node, Node[]>();
  for (const node of neededBy(outputs).filter((each) => behind.has(each))) {
    for (const { node: input } of node.inputs) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node); // thousands read a shared constant
    }
  }
  const of = (node: Node): Node[] =>
    (readers.get(node) ?? []).flatMap((reader) => (VIEWS.has(reader.op) ? of(reader) : [reader]));
  return ({ value }) =>
    [...new Set(of(value.node))].map((node) => ({ graph, node, index: 0, shape: [], dtype: 'float32' }));
}

/** The updates, and after them those of the averages where the run keeps any. */
const withAverages = (graph: Graph, updates: readonly Tensor[], { emaDecay }: StepSpec): readonly Tensor[] =>
  emaDecay === null ? updates : [...updates, ...followAverages(graph, updates)];

/** x under a name, once the operations are done. */
const identityAfter = (x: Tensor, name: string, controls: readonly Tensor[]): Tensor =>
  x.graph.op('Identity', [x], { T: x.dtype }, x.shape, { name, controls });

/** A scalar times a scalar that is fed. */
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
