/** Work of a training step and of scoring, counted in the nodes of the training graph before anything is run. */
import type { RunWork, TrainingWork } from '../../contracts/networks/training-work.js';
import {
  type DType,
  elements,
  type Node,
  neededBy,
  reference,
  type Shape,
  type Tensor,
  VIEWS,
} from '../../graph/graph.js';
import type { TrainingGraph } from './training-graph.js';
import { NEXT_MICRO_BATCH, TRAIN_LOSS } from './training-step.js';

/**
 * Floating-point operations that a processor computes in the time in which it moves one byte. Fitted to training steps of ResNets and
 * DenseNets on two CPU cores.
 */
const OPERATIONS_PER_BYTE = 9;
/** A multiplication and an addition. */
const OPERATIONS_PER_PRODUCT = 2;

/** Fetches of an evaluation. */
const SCORES = ['test_loss', 'test_correct', 'logits'];

/** Nodes that compute nothing: they return memory that exists, or its size. */
const IDLE = new Set([...VIEWS, 'VarHandleOp', 'ReadVariableOp', 'Const', 'Placeholder', 'Shape', 'Size']);

const BYTES: Readonly<Partial<Record<DType, number>>> = {
  float32: 4,
  int32: 4,
  uint8: 1,
  bool: 1,
  int64: 8,
  bfloat16: 2,
};

/** Counts the work of a training step and of scoring. A step with micro batches counts as that of one micro batch. */
export function countWork({ roots }: Pick<TrainingGraph, 'roots'>): TrainingWork {
  const among = (names: readonly string[]) => roots.filter(({ node }) => names.includes(node.name));
  return { step: workOf(among([TRAIN_LOSS, NEXT_MICRO_BATCH])), scoring: workOf(among(SCORES)) };
}

/** Adds up the work of the nodes that `fetches` need. */
function workOf(fetches: readonly Tensor[]): RunWork {
  const nodes = neededBy(fetches);
  const outputs = outputsOf(nodes, fetches);
  const rows = rowsOf(nodes, outputs);
  const work = { perImage: 0, perRun: 0, nodes: 0 };
  for (const node of nodes) {
    if (IDLE.has(node.op)) continue;
    work.nodes += 1;
    const tensors = [...node.inputs, ...(outputs.get(node) ?? [])];
    for (const tensor of tensors) {
      const operations = OPERATIONS_PER_BYTE * (BYTES[tensor.dtype] ?? 0) * numbersOf(tensor, rows);
      work[hasBatch(tensor) ? 'perImage' : 'perRun'] += operations;
    }
    work.perImage += OPERATIONS_PER_PRODUCT * productsOf(node, outputs.get(node)?.[0], rows);
  }
  return work;
}

type Rows = ReadonlyMap<Node, number>;

/** Returns the numbers in a tensor: of one image if it has a batch. */
const numbersOf = ({ shape, node }: Tensor, rows: Rows): number =>
  elements(shape.filter((size) => size >= 0)) * (shape[0] === -1 ? (rows.get(node) ?? 1) : 1);

const hasBatch = ({ shape }: Tensor): boolean => shape[0] === -1;

/** Returns the multiplications of a convolution, of its gradients or of a matrix product for one image; 0 for other nodes. */
function productsOf({ op, inputs, attributes }: Node, output: Tensor | undefined, rows: Rows): number {
  const [first, second, third] = inputs;
  if (first === undefined || second === undefined || output === undefined) return 0;
  if (op === 'Conv2D') return numbersOf(output, rows) * taps(second.shape);
  if (op === 'Conv2DBackpropInput' && third) return numbersOf(third, rows) * taps(second.shape);
  if (op === 'Conv2DBackpropFilter' && third) return numbersOf(third, rows) * taps(output.shape);
  if (op === 'BatchMatMulV2') return numbersOf(output, rows) * (first.shape.at(-1) ?? 1);
  if (op !== 'MatMul' || !hasBatch(first)) return 0;
  // The gradient of a weight sums over the rows of the batch.
  const columns = attributes['transpose_a'] === true ? second : output;
  return numbersOf(first, rows) * (columns.shape[1] ?? 1);
}

/** Returns the products for one number of the output of a kernel: height × width × input channels. */
const taps = (kernel: Shape): number => elements(kernel.slice(0, 3));

/** Returns the outputs of each node that are read. */
function outputsOf(nodes: readonly Node[], fetches: readonly Tensor[]): Map<Node, Tensor[]> {
  const all = new Map<string, Tensor>();
  for (const tensor of [...nodes.flatMap(({ inputs }) => inputs), ...fetches]) all.set(reference(tensor), tensor);
  const found = new Map<Node, Tensor[]>();
  for (const tensor of all.values()) found.set(tensor.node, [...(found.get(tensor.node) ?? []), tensor]);
  return found;
}

/**
 * Returns the rows per image of each node's output. A convolution as matrix products reshapes N × H × W × C to (N · H · W) × C, whose first
 * size is not the batch.
 */
function rowsOf(nodes: readonly Node[], outputs: ReadonlyMap<Node, readonly Tensor[]>): Rows {
  const rows = new Map<Node, number>();
  for (const node of nodes) {
    const [input] = node.inputs;
    const [output] = outputs.get(node) ?? [];
    if (node.op === 'Reshape' && input && output && hasBatch(input) && hasBatch(output)) {
      rows.set(node, numbersOf(input, rows) / elements(output.shape.slice(1)));
    } else {
      const matrices = node.inputs.filter((tensor) => hasBatch(tensor) && tensor.shape.length <= 2);
      rows.set(node, Math.max(1, ...matrices.map((tensor) => rows.get(tensor.node) ?? 1)));
    }
  }
  return rows;
}
