/** Liveness analysis: memory that the values of a graph need at once, by a walk over its nodes in their order of creation. */
import { type DType, elements, type Node, neededBy, reference, type Shape, type Tensor, VIEWS } from './graph.js';

/** Bytes: `fixed`, plus `perImage` for each image of the batch. */
export type TensorBytes = Readonly<{ fixed: number; perImage: number }>;

/** Memory of a value, and the number of inputs that still have to read it. */
type Buffer = { size: TensorBytes; readers: number };

/** Bytes per element. Strings and handles hold no numbers. */
const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  int32: 4,
  uint8: 1,
  string: 0,
  int64: 8,
  bool: 1,
  bfloat16: 2,
  resource: 0,
};

/** Operations whose output, like each view of it, is memory of a variable or of the graph, and is not allocated. */
const RESIDENT = new Set(['VarHandleOp', 'ReadVariableOp', 'Const', 'Placeholder']);
/** Operations that TensorFlow lets write into an input of the same size, if no other operation reads that input. */
const IN_PLACE = new Set(['Add', 'AddN', 'AddV2', 'BiasAdd', 'Maximum', 'Mul', 'Relu', 'ReluGrad', 'Select', 'Sub']);

/**
 * Returns the memory that is alive after each node of one run of `roots`, forward pass and backward pass. A value is alive from the
 * node that computes it to the last node that reads it. The peak for a batch of n images is the largest `fixed + n · perImage`.
 * TensorFlow runs nodes in an order of its own, so the real peak differs somewhat.
 */
export function liveSizes(roots: readonly Tensor[]): TensorBytes[] {
  const nodes = neededBy(roots);
  const outputs = outputsOf(nodes, roots);
  const buffers = new Map<string, Buffer>();
  const alive = { fixed: 0, perImage: 0 };
  const change = ({ fixed, perImage }: TensorBytes, sign: 1 | -1): void => {
    alive.fixed += sign * fixed;
    alive.perImage += sign * perImage;
  };
  return nodes.map((node) => {
    const inputs = node.inputs.map((input) => buffers.get(reference(input))).filter((buffer) => buffer !== undefined);
    const [first] = node.inputs;
    const viewed = VIEWS.has(node.op) && first !== undefined ? buffers.get(reference(first)) : undefined;
    const isResident = RESIDENT.has(node.op) || (VIEWS.has(node.op) && viewed === undefined);
    const made = isResident ? [] : (outputs.get(node) ?? []);
    for (const { tensor, readers } of made) {
      const size = sizeOf(tensor);
      const reused = viewed ?? (tensor.index === 0 ? overwritten(node, size, inputs) : undefined);
      if (reused === undefined) change(size, 1);
      else reused.readers += readers;
      buffers.set(reference(tensor), reused ?? { size, readers });
    }
    const now = { ...alive };
    for (const buffer of inputs) {
      buffer.readers -= 1;
      if (buffer.readers === 0) change(buffer.size, -1);
    }
    return now;
  });
}

/** Returns the input that the output overwrites, if there is one. */
function overwritten({ op }: Node, size: TensorBytes, inputs: readonly Buffer[]): Buffer | undefined {
  if (!IN_PLACE.has(op)) return undefined;
  return inputs.find(
    (input) => input.readers === 1 && input.size.fixed === size.fixed && input.size.perImage === size.perImage,
  );
}

type Output = { tensor: Tensor; readers: number };

/** Returns the outputs of each node that are read, with the number of reads. The caller of the graph reads the roots last. */
function outputsOf(nodes: readonly Node[], roots: readonly Tensor[]): Map<Node, Output[]> {
  const found = new Map<Node, Output[]>();
  for (const tensor of [...nodes.flatMap(({ inputs }) => inputs), ...roots]) {
    const outputs = found.get(tensor.node) ?? [];
    const output = outputs.find(({ tensor: { index } }) => index === tensor.index);
    if (output === undefined) outputs.push({ tensor, readers: 1 });
    else output.readers += 1;
    found.set(tensor.node, outputs);
  }
  return found;
}

function sizeOf({ shape, dtype }: Tensor): TensorBytes {
  const bytes = BYTES[dtype] * elements(sizes(shape));
  return shape[0] === -1 ? { fixed: 0, perImage: bytes } : { fixed: bytes, perImage: 0 };
}

/** Returns the sizes without that of the batch. */
const sizes = (shape: Shape): Shape => shape.filter((size) => size >= 0);
