/** Elementwise arithmetic with broadcasting, for numbers that need no gradient, as random draws and inputs. */
import type { DType, Shape, Tensor } from './graph.js';

type Binary = 'AddV2' | 'Sub' | 'Mul' | 'RealDiv' | 'Pow' | 'Maximum' | 'Less' | 'GreaterEqual' | 'LogicalAnd';

/** An elementwise operation of two tensors that broadcast, or of one and a number. It has no gradient. */
export function combine(type: Binary, a: Tensor, b: Tensor | number): Tensor {
  const { graph, dtype: T } = a;
  const other = typeof b === 'number' ? graph.constant(b, 'float32') : b;
  const dtype: DType = type === 'Less' || type === 'GreaterEqual' || type === 'LogicalAnd' ? 'bool' : T;
  const attributes = type === 'LogicalAnd' ? {} : { T };
  return graph.op(type, [a, other], attributes, broadcast(a.shape, other.shape), { dtype });
}

/** An elementwise function of one tensor. It has no gradient. */
export function apply(type: 'Floor' | 'Sqrt' | 'Log' | 'Abs' | 'Sigmoid', x: Tensor): Tensor {
  return x.graph.op(type, [x], { T: x.dtype }, x.shape);
}

/** The shape of an elementwise result: from the last dimension on, the size that is not 1. */
function broadcast(a: Shape, b: Shape): Shape {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const from = long.length - short.length;
  return long.map((size, dimension) => (size === 1 && dimension >= from ? (short[dimension - from] ?? 1) : size));
}

/** share · x + (1 − share) · x from the last of the batch to the first, of one scalar share. */
export function mixedWithReversed(x: Tensor, share: Tensor): Tensor {
  const { graph, dtype: T } = x;
  const reversed = graph.op('ReverseV2', [x, graph.constant([0], 'int32')], { T, Tidx: 'int32' }, x.shape);
  const rest = combine('Sub', graph.constant(1, 'float32'), share);
  return combine('AddV2', combine('Mul', x, share), combine('Mul', reversed, rest));
}
