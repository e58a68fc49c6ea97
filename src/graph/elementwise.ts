/** Elementwise arithmetic with broadcasting and without gradients, for random numbers and inputs. */
import type { DType, Shape, Tensor } from './graph.js';

type Arithmetic = 'AddV2' | 'Sub' | 'Mul' | 'RealDiv' | 'Pow' | 'Maximum' | 'Minimum';
type Comparison = 'Less' | 'GreaterEqual' | 'Equal';
type Binary = Arithmetic | Comparison | 'LogicalAnd';
const COMPARISONS: ReadonlySet<string> = new Set<Comparison>(['Less', 'GreaterEqual', 'Equal']);

/** Applies an elementwise operation to two tensors, which broadcast, or to a tensor and a number. */
export function combine(type: Binary, a: Tensor, b: Tensor | number): Tensor {
  const { graph, dtype: T } = a;
  const other = typeof b === 'number' ? graph.constant(b, 'float32') : b;
  const dtype: DType = COMPARISONS.has(type) || type === 'LogicalAnd' ? 'bool' : T;
  const attributes = type === 'LogicalAnd' ? {} : type === 'Equal' ? { T, incompatible_shape_error: true } : { T };
  return graph.op(type, [a, other], attributes, broadcast(a.shape, other.shape), { dtype });
}

type Unary = 'Floor' | 'Round' | 'Sqrt' | 'Log' | 'Exp' | 'Abs' | 'Sigmoid' | 'Sin' | 'Cos' | 'Tan';

/** Applies an elementwise function to a tensor. `Round` rounds halves to the even number. */
export function apply(type: Unary, x: Tensor): Tensor {
  return x.graph.op(type, [x], { T: x.dtype }, x.shape);
}

/** Returns 1 − x. */
export const complement = (x: Tensor): Tensor => combine('Sub', x.graph.constant(1, 'float32'), x);

/** Limits each number to the range from `least` to `most`. */
export const clamp = (x: Tensor, least: number, most: number): Tensor =>
  combine('Minimum', combine('Maximum', x, least), most);

/** Returns `a` where the condition holds and `b` elsewhere. The condition has the shape of both, or broadcasts. */
export function choose(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return a.graph.op('SelectV2', [condition, a, b], { T: a.dtype }, broadcast(a.shape, b.shape), { dtype: a.dtype });
}

/** Reduces x along some of its dimensions, which stay with size 1. */
export function reduce(type: 'Sum' | 'Mean' | 'Max' | 'Min', x: Tensor, axes: readonly number[]): Tensor {
  const { graph, dtype: T, shape } = x;
  const attributes = { T, Tidx: 'int32', keep_dims: true };
  const reduced = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return graph.op(type, [x, graph.constant([...axes], 'int32')], attributes, reduced);
}

/** Returns the shape of a broadcast result: counted from the last dimension, the size that is not 1. */
function broadcast(a: Shape, b: Shape): Shape {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const from = long.length - short.length;
  return long.map((size, dimension) => (size === 1 && dimension >= from ? (short[dimension - from] ?? 1) : size));
}

/** share · x + (1 − share) · (x in reverse order of the batch). `share` is a scalar, or broadcasts over the batch. */
export function mixedWithReversed(x: Tensor, share: Tensor): Tensor {
  const { graph, dtype: T } = x;
  const reversed = graph.op('ReverseV2', [x, graph.constant([0], 'int32')], { T, Tidx: 'int32' }, x.shape);
  const rest = combine('Sub', graph.constant(1, 'float32'), share);
  return combine('AddV2', combine('Mul', x, share), combine('Mul', reversed, rest));
}
