/**
 * Convolution of images by given weights, with its two gradients: by TensorFlow's operations, or as matrix products if those are
 * faster.
 */
import { type Attribute, elements, type Shape, type Tensor } from './graph.js';
import { batch, cast, channels, matMul, pad, reshape, slice } from './ops.js';
import { type Convolution, canTap, tapConvolution } from './taps.js';
import { nhwc, outputSide, padSides, unpadSides, type Window } from './window.js';

/** Method for the convolution and for each of its gradients. */
export type Plan = Readonly<Record<keyof Convolution, 'op' | 'taps'>>;

/**
 * Cross-correlation of x by `weight` (kernel × kernel × C × channels), which is cast to the dtype of x, with symmetric zero padding:
 * N×H×W×C → N×H'×W'×channels. If the output is a single pixel, the kernel is cut to its taps on the image: for a 3×3 kernel on one
 * pixel that leaves a ninth of the work.
 */
export function convolve(x: Tensor, weight: Tensor, window: Window, plan?: Plan): Tensor {
  const shape = outputShape(x, channels(weight), window);
  if (x.graph.phase === 'serving' || !isSingle(shape)) {
    const w = cast(weight, x.dtype);
    return correlate(x, w, window, shape, plan ?? planOf(x, w, window, shape));
  }
  const w = cast(withinImage(weight, x, window.padding), x.dtype);
  return single(x, w, window, shape);
}

/** `convolve` with constant weights. If the output is a single pixel, taps outside the image are not stored either. */
export function convolveConstant(x: Tensor, values: Float32Array, size: Shape, window: Window): Tensor {
  const { graph, dtype } = x;
  const { kernel, padding } = window;
  const shape = outputShape(x, size.at(-1) ?? 0, window);
  if (!isSingle(shape) || padding === 0) return convolve(x, graph.constant(values, 'float32', size), window);
  const [height, width] = tapsWithin(x, kernel, padding);
  const numbersOfTap = values.length / kernel ** 2;
  const inner = new Float32Array(height * width * numbersOfTap);
  for (let row = 0; row < height; row++) {
    const start = ((row + padding) * kernel + padding) * numbersOfTap;
    inner.set(values.subarray(start, start + width * numbersOfTap), row * width * numbersOfTap);
  }
  const weight = graph.constant(inner, 'float32', [height, width, ...size.slice(2)]);
  return correlate(x, cast(weight, dtype), { ...window, padding: 0 }, shape, BY_OPS);
}

function outputShape(x: Tensor, outputs: number, window: Window): Shape {
  const [height, width] = [1, 2].map((axis) => outputSide('conv2d', x.shape[axis] ?? 0, window));
  return [batch(x), height ?? 1, width ?? 1, outputs];
}

const isSingle = ([, height, width]: Shape): boolean => height === 1 && width === 1;

/** Convolution with a single output pixel and without padding. If the kernel covers the image, it is a linear layer. */
function single(x: Tensor, w: Tensor, window: Window, shape: Shape): Tensor {
  const [height, width] = w.shape;
  if (x.shape[1] !== height || x.shape[2] !== width) {
    const unpadded = { ...window, padding: 0 };
    return correlate(x, w, unpadded, shape, planOf(x, w, unpadded, shape));
  }
  const inputs = elements(w.shape.slice(0, -1));
  return reshape(matMul(reshape(x, [batch(x), inputs]), reshape(w, [inputs, channels(w)])), shape);
}

/** Convolution by the methods of the plan. `w` has the dtype of x. */
function correlate(x: Tensor, w: Tensor, window: Window, shape: Shape, plan: Plan): Tensor {
  const by = { op: opConvolution(x, w, window, shape), taps: tapConvolution(x, w, window, shape) };
  return x.graph.differentiable(by[plan.output].output(), [x, w], (dy) => [
    by[plan.inputGradient].inputGradient(dy),
    by[plan.weightGradient].weightGradient(dy),
  ]);
}

const BY_OPS: Plan = { output: 'op', inputGradient: 'op', weightGradient: 'op' };

/**
 * Thresholds above which taps are faster on a CPU (measured in `docs/engineering/findings.md`): the harmonic mean of input and output
 * channels, per pixel of the output's side. `both` is for the output and the gradient of the input. The others are for the gradient
 * of the weight in that dtype, divided by the stride.
 *
 * TensorFlow's operations vectorize along the rows of the output and are slow on short rows. Taps copy each pixel once for every tap
 * that reads it, which pays off with many channels.
 */
const TAPS_PAY = { both: 110, float32: 64, bfloat16: 24 } as const;
/** Factor on the thresholds of the gradients of a 1×1 kernel, which has one tap instead of nine. */
const ONE_TAP = 1 / 9;

/**
 * Fewest input channels with which oneDNN computes the weight gradient of a strided 1×1 kernel correctly. For fewer it reserves
 * too little memory: it overwrites the heap, hangs or returns wrong numbers (oneDNN issue 6035, decision 0046).
 */
const SAFE_INPUTS = 16;

function planOf(x: Tensor, w: Tensor, window: Window, shape: Shape): Plan {
  const { graph, dtype } = x;
  const elsewhere = graph.phase === 'serving' || graph.options.device === 'gpu';
  if (elsewhere || !canTap(x.shape, w.shape, window, shape)) return BY_OPS;
  const [inputs, outputs] = [channels(x), channels(w)];
  const mean = (2 * inputs * outputs) / (inputs + outputs);
  const side = Math.max(shape[1] ?? 0, shape[2] ?? 0);
  const output = mean >= TAPS_PAY.both * side ? 'taps' : 'op';
  const isPoint = w.shape[0] === 1 && w.shape[1] === 1;
  const least = (TAPS_PAY[dtype === 'bfloat16' ? dtype : 'float32'] * side * (isPoint ? ONE_TAP : 1)) / window.stride;
  const weightGradient = mean >= least ? 'taps' : 'op';
  const inputGradient = isPoint ? weightGradient : output;
  const isUnsafe = isPoint && window.stride > 1 && inputs < SAFE_INPUTS;
  return { output, inputGradient, weightGradient: isUnsafe ? 'taps' : weightGradient };
}

/** TensorFlow's Conv2D and its two gradients. */
function opConvolution(x: Tensor, w: Tensor, { stride, padding }: Window, shape: Shape): Convolution {
  const { graph, dtype: T } = x;
  const [height, width] = w.shape;
  // 3×3 at stride 1 is SAME. Other padding is a separate node, because the backward pass of EXPLICIT padding is 3–8 times slower.
  const isSame = stride === 1 && height === 2 * padding + 1 && width === height;
  const padded = isSame ? x : padSides(x, padding);
  const attributes: Record<string, Attribute> = {
    T,
    strides: [1, stride, stride, 1],
    padding: isSame ? 'SAME' : 'VALID',
    dilations: [1, 1, 1, 1],
    ...nhwc,
  };
  return {
    output: () => graph.op('Conv2D', [padded, w], attributes, shape),
    inputGradient(dy) {
      const size = graph.op('Shape', [padded], { T, out_type: 'int32' }, [4], { dtype: 'int32' });
      const dx = graph.op('Conv2DBackpropInput', [size, w, dy], attributes, padded.shape, { dtype: T });
      return isSame ? dx : unpadSides(dx, padding, x.shape);
    },
    weightGradient: (dy) =>
      graph.op('Conv2DBackpropFilter', [padded, graph.constant([...w.shape], 'int32'), dy], attributes, w.shape),
  };
}

/** Returns the rows and columns of a kernel that lie on x, if its only window starts `padding` pixels before x. */
const tapsWithin = ({ shape: [, height = 0, width = 0] }: Tensor, kernel: number, padding: number) =>
  [Math.min(kernel - padding, height), Math.min(kernel - padding, width)] as const;

/** Returns the taps of a kernel that lie on x, if its only window starts `padding` pixels before x. The others get no gradient. */
function withinImage(weight: Tensor, x: Tensor, padding: number): Tensor {
  if (padding === 0) return weight;
  const [kernel = 0, , inputs = 0, outputs = 0] = weight.shape;
  const [rows, columns] = tapsWithin(x, kernel, padding);
  const inner = slice(weight, [padding, padding, 0, 0], [rows, columns, inputs, outputs]);
  const around = (count: number) => [padding, kernel - padding - count] as const;
  return weight.graph.differentiable(inner, [weight], (dy) => [
    pad(dy, [around(rows), around(columns), [0, 0], [0, 0]]),
  ]);
}
