/** Sliding windows: output sizes, padding and pooling. */
import { TrainyardError } from '../errors/errors.js';
import type { Attribute, Shape, Tensor } from './graph.js';
import { batch, channels, dynamicShape, pad, reluGradient, requireRank, show, slice } from './ops.js';

/** A square window, in pixels. */
export type Window = Readonly<{ kernel: number; stride: number; padding: number }>;

/** Layout batch × height × width × channels, the fastest for all kernels here. */
export const nhwc = { data_format: 'NHWC' } as const;

/** Returns ⌊(side + 2·padding − kernel) / stride⌋ + 1. Throws `invalid_shape` if that is below 1. */
export function outputSide(operation: string, side: number, { kernel, stride, padding }: Window): number {
  const output = Math.floor((side + 2 * padding - kernel) / stride) + 1;
  if (output >= 1) return output;
  throw new TrainyardError(
    'invalid_shape',
    `${operation} with a ${kernel}×${kernel} window and padding ${padding} needs at least ${kernel - 2 * padding} pixels a side, not ${side}.`,
  );
}

/** Pads height and width with zeros, as a separate node. */
export function padSides(x: Tensor, padding: number): Tensor {
  if (padding === 0) return x;
  const padded = pad(x, [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ]);
  return x.graph.differentiable(padded, [x], (dy) => [unpadSides(dy, padding, x.shape)]);
}

/** Inverse of `padSides`: returns the middle of x, of the given shape. Has no gradient: gradients use it. */
export const unpadSides = (x: Tensor, padding: number, shape: Shape): Tensor =>
  padding === 0 ? x : slice(x, [0, padding, padding, 0], shape);

/**
 * Largest value of each window: N×H×W×C → N×H'×W'×C. It pads with zeros, which makes the backward pass fast, so x must not be
 * negative: after a `relu` zeros give the same result as PyTorch's −∞.
 */
export function maxPool(x: Tensor, window: Window): Tensor {
  if (window.padding > 0 && x.node.op !== 'Relu') {
    throw new TrainyardError(
      'invalid_shape',
      `maxPool pads with zeros and needs a relu before it, not ${x.node.op} of shape ${show(x.shape)}.`,
    );
  }
  const { graph } = x;
  const padded = padSides(x, window.padding);
  const attributes = poolAttributes(x, window);
  const y = graph.op('MaxPool', [padded], attributes, poolShape('maxPool', x, window));
  const backward = (dy: Tensor) => graph.op('MaxPoolGrad', [padded, y, dy], attributes, padded.shape);
  const [beforeRelu] = x.node.op === 'Relu' ? x.node.inputs : [];
  if (beforeRelu === undefined) return graph.differentiable(y, [padded], (dy) => [backward(dy)]);
  // The largest value of a window passed the ReLU if it is positive. The ReLU's gradient is applied to the smaller output.
  return graph.differentiable(y, [beforeRelu], (dy) => [
    unpadSides(backward(reluGradient(dy, y)), window.padding, x.shape),
  ]);
}

/** Mean of each window without padding: N×H×W×C → N×H'×W'×C. Rows and columns that do not fill a window are ignored. */
export function avgPool(x: Tensor, options: Readonly<{ kernel: number; stride: number }>): Tensor {
  const { graph } = x;
  const window: Window = { ...options, padding: 0 };
  const attributes = poolAttributes(x, window);
  const y = graph.op('AvgPool', [x], attributes, poolShape('avgPool', x, window));
  return graph.differentiable(y, [x], (dy) => [
    graph.op('AvgPoolGrad', [dynamicShape(x), dy], attributes, x.shape, { dtype: x.dtype }),
  ]);
}

const poolAttributes = (x: Tensor, { kernel, stride }: Window): Record<string, Attribute> => ({
  T: x.dtype,
  ksize: [1, kernel, kernel, 1],
  strides: [1, stride, stride, 1],
  padding: 'VALID',
  ...nhwc,
});

function poolShape(operation: string, x: Tensor, window: Window): number[] {
  requireRank(operation, x, 4);
  const side = (size: number | undefined) => outputSide(operation, size ?? 0, window);
  return [batch(x), side(x.shape[1]), side(x.shape[2]), channels(x)];
}
