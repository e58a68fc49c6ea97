/** Operations without weights, each with its gradient. Shapes are batch × height × width × channels. */
import { TrainyardError } from '../errors/errors.js';
import { type DType, elements, type Graph, type Shape, type Tensor } from './graph.js';
import { uniform } from './random.js';

/** max(x, 0). The gradient passes where the output is positive. */
export function relu(x: Tensor): Tensor {
  const y = x.graph.op('Relu', [x], { T: x.dtype }, x.shape);
  return x.graph.differentiable(y, [x], (dy) => [reluGradient(dy, y)]);
}

/** dy where y is positive, and 0 elsewhere. */
export const reluGradient = (dy: Tensor, y: Tensor): Tensor => y.graph.op('ReluGrad', [dy, y], { T: y.dtype }, y.shape);

/** a + b. Both have the same shape. */
export function add(a: Tensor, b: Tensor): Tensor {
  requireSameType('add', a, b);
  if (a.shape.join() !== b.shape.join()) {
    throw new TrainyardError('invalid_shape', `add needs two equal shapes, not ${show(a.shape)} and ${show(b.shape)}.`);
  }
  const y = a.graph.op('AddV2', [a, b], { T: a.dtype }, a.shape);
  return a.graph.differentiable(y, [a, b], (dy) => [dy, dy]);
}

/**
 * Concatenates a and b along the last dimension (channels); all other dimensions must agree. If a is itself a concatenation, its
 * parts are concatenated with b: their gradients are then summed once per part, instead of once for all of a at each level.
 */
export function concat(a: Tensor, b: Tensor): Tensor {
  requireSameType('concat', a, b);
  const { graph, dtype: T } = a;
  const axis = a.shape.length - 1;
  if (a.shape.length !== b.shape.length || a.shape.slice(0, axis).join() !== b.shape.slice(0, axis).join()) {
    throw new TrainyardError(
      'invalid_shape',
      `concat needs shapes that differ in the channels alone, not ${show(a.shape)} and ${show(b.shape)}.`,
    );
  }
  const last = graph.constant(axis, 'int32');
  const isConcat = a.node.op === 'ConcatV2' && a.node.inputs.at(-1)?.node === last.node;
  const parts = [...(isConcat ? a.node.inputs.slice(0, -1) : [a]), b];
  const N = parts.length;
  const shape = [...a.shape.slice(0, axis), channels(a) + channels(b)];
  const y = graph.op('ConcatV2', [...parts, last], { T, N, Tidx: 'int32' }, shape);
  return graph.differentiable(y, parts, (dy) => {
    const sizes = graph.constant(parts.map(channels), 'int32');
    const split = graph.op('SplitV', [dy, sizes, last], { T, Tlen: 'int32', num_split: N }, parts[0]?.shape ?? []);
    return parts.map((part, i) => graph.output(split, i, part.shape));
  });
}

/** Converts x to another dtype. The gradient has the dtype of x. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const { graph } = x;
  const y = graph.op('Cast', [x], { SrcT: x.dtype, DstT: dtype }, x.shape, { dtype });
  return graph.differentiable(y, [x], (dy) => [cast(dy, x.dtype)]);
}

/** x · factor. */
export function scale(x: Tensor, factor: number): Tensor {
  const { graph } = x;
  const times = (value: Tensor): Tensor => {
    const constant = cast(graph.constant(factor, 'float32'), x.dtype);
    return graph.op('Mul', [value, constant], { T: x.dtype }, x.shape);
  };
  return graph.differentiable(times(x), [x], (dy) => [times(dy)]);
}

/**
 * Dropout (Srivastava et al. 2014): in training each number becomes 0 with probability `rate`, from 0 to below 1, and is divided by
 * 1 − rate otherwise, so that its expectation stays the same. The random numbers depend on the layer and the step.
 */
export function dropout(x: Tensor, rate: number): Tensor {
  const { graph, dtype: T } = x;
  if (rate === 0 || graph.phase !== 'training') return x;
  const drawn = uniform(`dropout/${graph.scope}`, dynamicShape(x), x.shape);
  const kept = graph.op('GreaterEqual', [drawn, graph.constant(rate, 'float32')], { T: 'float32' }, x.shape, {
    name: `dropout/${graph.scope}`, // one per layer: a second one would drop the same elements
    dtype: 'bool',
  });
  const ones = graph.op('Cast', [kept], { SrcT: 'bool', DstT: T }, x.shape, { dtype: T });
  const factor = cast(graph.constant(1 / (1 - rate), 'float32'), T);
  const mask = graph.op('Mul', [ones, factor], { T }, x.shape);
  const y = graph.op('Mul', [x, mask], { T }, x.shape);
  return graph.differentiable(y, [x], (dy) => [graph.op('Mul', [dy, mask], { T }, x.shape)]);
}

/** a · b: N×K by K×M → N×M. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  return a.graph.differentiable(product(a, b), [a, b], (dy) => [product(dy, b, 'second'), product(a, dy, 'first')]);
}

/** a · b, aᵀ · b or a · bᵀ. Has no gradient: gradients use it. */
export function product(a: Tensor, b: Tensor, transposed?: 'first' | 'second'): Tensor {
  const [first, second] = [transposed === 'first', transposed === 'second'];
  const shape = [a.shape[first ? 1 : 0] ?? -1, b.shape[second ? 0 : 1] ?? -1];
  return a.graph.op('MatMul', [a, b], { T: a.dtype, transpose_a: first, transpose_b: second }, shape);
}

/** Matrix product of each image: N×a×b · N×b×c → N×a×c, with `second` N×c×b if it is transposed. Has no gradient: inputs use it. */
export function batchMatMul(a: Tensor, b: Tensor, transposed?: 'second'): Tensor {
  const isTransposed = transposed === 'second';
  const shape = [batch(a), a.shape[1] ?? -1, b.shape[isTransposed ? 1 : 2] ?? -1];
  return a.graph.op('BatchMatMulV2', [a, b], { T: a.dtype, adj_x: false, adj_y: isTransposed }, shape);
}

/** Reorders the dimensions: dimension i of the result is dimension `order[i]` of x. Has no gradient: inputs use it. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const { graph, dtype: T } = x;
  const shape = order.map((axis) => x.shape[axis] ?? -1);
  return graph.op('Transpose', [x, graph.constant([...order], 'int32')], { T, Tperm: 'int32' }, shape);
}

/** N × … → N × (product of the other sizes). */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [batch(x), elements(x.shape.slice(1))]);
}

/** Returns the same numbers in another shape, whose first size may be −1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = (sizes: Shape) => elements(sizes.filter((size) => size >= 0));
  const open = x.shape.some((size) => size < 0);
  if (!open && (shape.includes(-1) ? elements(x.shape) % known(shape) : elements(x.shape) - known(shape)) !== 0) {
    throw new TrainyardError('invalid_shape', `reshape cannot make ${show(shape)} of ${show(x.shape)}.`);
  }
  const { graph, dtype: T } = x;
  const to = (value: Tensor, target: Shape) =>
    graph.op('Reshape', [value, graph.constant([...target], 'int32', [target.length])], { T, Tshape: 'int32' }, target);
  return graph.differentiable(to(x, shape), [x], (dy) => [to(dy, x.shape)]);
}

/** Mean over height and width: N×H×W×C → N×1×1×C (Lin et al. 2013, arXiv:1312.4400). */
export function globalAvgPool(x: Tensor): Tensor {
  requireRank('globalAvgPool', x, 4);
  const { graph, dtype: T } = x;
  const [, height = 1, width = 1] = x.shape;
  const axes = graph.constant([1, 2], 'int32');
  const y = graph.op('Mean', [x, axes], { T, Tidx: 'int32', keep_dims: true }, [batch(x), 1, 1, channels(x)]);
  return graph.differentiable(y, [x], (dy) => {
    const share = scale(dy, 1 / (height * width));
    return [graph.op('BroadcastTo', [share, dynamicShape(x)], { T, Tidx: 'int32' }, x.shape)];
  });
}

/** Mean of a vector: N → a scalar. */
export function mean(x: Tensor): Tensor {
  requireRank('mean', x, 1);
  const { graph, dtype: T } = x;
  const y = graph.op('Mean', [x, graph.constant([0], 'int32')], { T, Tidx: 'int32', keep_dims: false }, []);
  return graph.differentiable(y, [x], (dy) => {
    const count = graph.op(
      'Cast',
      [graph.op('Size', [x], { T, out_type: 'int32' }, [], { dtype: 'int32' })],
      { SrcT: 'int32', DstT: T },
      [],
      { dtype: T },
    );
    const share = graph.op('RealDiv', [dy, count], { T }, []);
    return [graph.op('BroadcastTo', [share, dynamicShape(x)], { T, Tidx: 'int32' }, x.shape)];
  });
}

/**
 * Bilinear resize with half-pixel centres and without antialiasing, like `torch.nn.functional.interpolate` with
 * `align_corners=False`. Used on inputs: it has no gradient.
 */
export function resize(x: Tensor, height: number, width: number): Tensor {
  requireRank('resize', x, 4);
  if (x.shape[1] === height && x.shape[2] === width) return x;
  const { graph } = x;
  const size = graph.constant([height, width], 'int32');
  return graph.op(
    'ResizeBilinear',
    [x, size],
    { T: x.dtype, align_corners: false, half_pixel_centers: true },
    [batch(x), height, width, channels(x)],
    {
      dtype: 'float32',
    },
  );
}

/** One string of raw bytes → uint8 N × `shape`. A whole batch is fed to TensorFlow as one host value. */
export function decodeBytes(bytes: Tensor, shape: Shape): Tensor {
  const raw = bytes.graph.op('DecodeRaw', [bytes], { out_type: 'uint8', little_endian: true }, [-1], {
    dtype: 'uint8',
  });
  return reshape(raw, [-1, ...shape]);
}

/** Returns the part of x of the given shape from `start` on. Has no gradient: gradients use it. */
export function slice(x: Tensor, start: Shape, shape: Shape): Tensor {
  const { graph, dtype: T } = x;
  const begin = graph.constant([...start], 'int32', [start.length]);
  const size = graph.constant([...shape], 'int32', [shape.length]);
  return graph.op('Slice', [x, begin, size], { T, Index: 'int32' }, shape);
}

/** Pads x with zeros: `around` has the number before and after for each dimension. Has no gradient: gradients use it. */
export function pad(x: Tensor, around: readonly (readonly [before: number, after: number])[]): Tensor {
  const { graph, dtype: T } = x;
  const paddings = graph.constant(around.flat(), 'int32', [around.length, 2]);
  const shape = x.shape.map((size, axis) =>
    size < 0 ? size : size + (around[axis]?.[0] ?? 0) + (around[axis]?.[1] ?? 0),
  );
  return graph.op('Pad', [x, paddings], { T, Tpaddings: 'int32' }, shape);
}

/** Returns the shape of x as a tensor: the batch size is known when the graph runs. */
export function dynamicShape(x: Tensor): Tensor {
  return x.graph.op('Shape', [x], { T: x.dtype, out_type: 'int32' }, [x.shape.length], { dtype: 'int32' });
}

/** Returns the number of channels, the last size. */
export const channels = (x: Tensor): number => x.shape.at(-1) ?? 0;

/** Returns the first size: −1 if it is known only when the graph runs. */
export const batch = (x: Tensor): number => x.shape[0] ?? -1;

/** Formats a shape for error messages: [N, 96, 96, 1]. */
export const show = (shape: Shape): string => `[${shape.map((size) => (size < 0 ? 'N' : size)).join(', ')}]`;

export function requireRank(operation: string, x: Tensor, rank: number): void {
  if (x.shape.length !== rank) {
    throw new TrainyardError(
      'invalid_shape',
      `${operation} needs ${rank} dimensions, not the ${x.shape.length} of ${show(x.shape)}.`,
    );
  }
}

function requireSameType(operation: string, a: Tensor, b: Tensor): void {
  const graphs: readonly Graph[] = [a.graph, b.graph];
  if (graphs[0] !== graphs[1]) throw new TrainyardError('internal', `${operation} joins tensors of two graphs.`);
  if (a.dtype !== b.dtype)
    throw new TrainyardError('invalid_shape', `${operation} needs one dtype, not ${a.dtype} and ${b.dtype}.`);
}
