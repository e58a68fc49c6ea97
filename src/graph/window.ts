/** Sliding windows: sizes, padding, and the pooling layers. */
import { TrainyardError } from '../errors/errors.js';
import type { Attribute, Shape, Tensor } from './graph.js';
import { batch, channels, dynamicShape, pad, reluGradient, requireRank, show, slice } from './ops.js';

/** A square window, in pixels. */
export type Window = Readonly<{ kernel: number; stride: number; padding: number }>;

/** Batch × height × width × channels: the layout in which every kernel here is fastest. */
export const nhwc = { data_format: 'NHWC' } as const;

/** ⌊(side + 2·padding − kernel) / stride⌋ + 1; below 1 the input is too small. */
export function outputSide(operation: string, side: number, { kernel, stride, padding }: Window): number {
  const output = Math.floor((side + 2 * padding - kernel) / stride) + 1;
  if (output >= 1) return output;
  throw new TrainyardError(
    'invalid_shape',
    `${operation} with a ${kernel}×${kernel} window and padding ${padding} needs at least ${kernel - 2 * padding} pixels a side, not ${side}.`,
  );
}

/** Zeros around height and width, as a node of its own. */
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

/** The inverse: the middle of x, of the given shape. No gradient: it is used inside gradients. */
export const unpadSides = (x: Tensor, padding: number, shape: Shape): Tensor =>
  padding === 0 ? x : slice(x, [0, padding, padding, 0], shape);

/**
 * Largest value of each window: N×H×W×C → N×H'×W'×C. Padding is zeros, so x must not be negative (after `relu` a zero
 * pad equals PyTorch's −∞): it is what makes the backward pass fast.
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
  // A window's largest value passed the ReLU where it is positive: its gradient is taken here, where there are fewer pixels.
  return graph.differentiable(y, [beforeRelu], (dy) => [
    unpadSides(backward(reluGradient(dy, y)), window.padding, x.shape),
  ]);
}

/** Mean of each window without padding; what does not fill a window is left out: N×H×W×C → N×H'×W'×C. */
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
