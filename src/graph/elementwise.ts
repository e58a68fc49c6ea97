/** Elementwise arithmetic with broadcasting and without gradients, for random numbers and inputs. */
import type { DType, Shape, Tensor } from './graph.js';

type Binary = 'AddV2' | 'Sub' | 'Mul' | 'RealDiv' | 'Pow' | 'Maximum' | 'Less' | 'GreaterEqual' | 'LogicalAnd';

/** Applies an elementwise operation to two tensors, which broadcast, or to a tensor and a number. */
export function combine(type: Binary, a: Tensor, b: Tensor | number): Tensor {
  const { graph, dtype: T } = a;
  const other = typeof b === 'number' ? graph.constant(b, 'float32') : b;
  const dtype: DType = type === 'Less' || type === 'GreaterEqual' || type === 'LogicalAnd' ? 'bool' : T;
  const attributes = type === 'LogicalAnd' ? {} : { T };
  return graph.op(type, [a, other], attributes, broadcast(a.shape, other.shape), { dtype });
}

/** Applies an elementwise function to a tensor. */
export function apply(type: 'Floor' | 'Sqrt' | 'Log' | 'Abs' | 'Sigmoid', x: Tensor): Tensor {
  return x.graph.op(type, [x], { T: x.dtype }, x.shape);
}

/** Returns the shape of a broadcast result: counted from the last dimension, the size that is not 1. */
function broadcast(a: Shape, b: Shape): Shape {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const from = long.length - short.length;
  return long.map((size, dimension) => (size === 1 && dimension >= from ? (short[dimension - from] ?? 1) : size));
}

/** share · x + (1 − share) · (x in reverse order of the batch). `share` is a scalar. */
export function mixedWithReversed(x: Tensor, share: Tensor): Tensor {
  const { graph, dtype: T } = x;
  const reversed = graph.op('ReverseV2', [x, graph.constant([0], 'int32')], { T, Tidx: 'int32' }, x.shape);
  const rest = combine('Sub', graph.constant(1, 'float32'), share);
  return combine('AddV2', combine('Mul', x, share), combine('Mul', reversed, rest));
}
