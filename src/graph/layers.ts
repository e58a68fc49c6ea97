/** Layers with weights: convolution, batch normalization, linear. Semantics and parameter names are those of PyTorch. */
import { TrainyardError } from '../errors/errors.js';
import { convolve, convolveConstant } from './convolution.js';
import type { Attribute, Initializer, Tensor, Variable } from './graph.js';
import { fanInUniform, ones, zeros } from './initializers.js';
import { cast, channels, matMul, requireRank, show } from './ops.js';
import { nhwc } from './window.js';

export type Conv2dOptions = Readonly<{
  /** Output channels. */
  channels: number;
  /** Side of the square kernel in pixels. */
  kernel: number;
  /** Default 1. */
  stride?: number;
  /** Zero pixels added on each side. Default ⌊kernel / 2⌋, which keeps the size at stride 1. */
  padding?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Initial weight. Default U(±1/√(kernel²·C)), which is also that of the bias. */
  initial?: Initializer;
  /** Whether other layers than the next one read the output, so that no BatchNorm may be folded into it. Default false. */
  shared?: boolean;
}>;

/**
 * Convolution layer: cross-correlation with symmetric zero padding, and a bias by default. N×H×W×C → N×H'×W'×channels.
 * Variables: `weight` (kernel × kernel × C × channels) and `bias` (channels).
 */
export function conv2d(x: Tensor, options: Conv2dOptions): Tensor {
  requireRank('conv2d', x, 4);
  const { graph } = x;
  const { kernel } = options;
  const fanIn = kernel * kernel * channels(x);
  const { initial = fanInUniform(fanIn) } = options;
  const size = [kernel, kernel, channels(x), options.channels];
  const weight = graph.variable('weight', size, initial);
  const bias = options.bias === false ? undefined : graph.variable('bias', [options.channels], fanInUniform(fanIn));
  const window = { kernel, stride: options.stride ?? 1, padding: options.padding ?? Math.floor(kernel / 2) };
  const product = convolve(x, weight.value, window);
  const y = bias === undefined ? product : addBias(product, bias.value);
  if (options.shared) return y;
  if (graph.phase === 'training' && bias !== undefined) graph.biased.set(y, { product, bias });
  if (graph.phase === 'serving') {
    graph.foldable.set(y, (scale, shift) => {
      const folded = scaled(graph.weights(weight), scale);
      const moved = bias ? graph.weights(bias).map((value, i) => value * at(scale, i) + at(shift, i)) : shift;
      return addBias(
        convolveConstant(x, folded, weight.shape, window),
        graph.constant(moved, 'float32', [options.channels]),
      );
    });
  }
  return y;
}

/** y + bias, per channel. */
function addBias(y: Tensor, bias: Tensor): Tensor {
  const { graph, dtype: T } = y;
  const b = cast(bias, T);
  const sum = graph.op('BiasAdd', [y, b], { T, ...nhwc }, y.shape);
  return graph.differentiable(sum, [y, b], (dy) => [dy, graph.op('BiasAddGrad', [dy], { T, ...nhwc }, b.shape)]);
}

const BATCH_NORM_EPSILON = 1e-5;
/** Weight of the new batch in the running statistics: PyTorch's `momentum`. */
const BATCH_NORM_MOMENTUM = 0.1;

/**
 * Batch normalization per channel (Ioffe & Szegedy 2015, arXiv:1502.03167): (x − mean) / √(variance + 1e-5) · weight + bias.
 * In training it uses the statistics of the batch (biased variance), and the running statistics move a tenth of the way to them
 * (unbiased variance). Otherwise, and in training with `frozenStatistics`, it uses the running statistics. Statistics are float32 for every dtype of x. `initial` is the
 * initial weight, by default ones.
 */
export function batchNorm(x: Tensor, initial: Initializer = ones): Tensor {
  requireRank('batchNorm', x, 4);
  const { graph } = x;
  const size = [channels(x)];
  const parameters = {
    gamma: graph.variable('weight', size, initial),
    beta: graph.variable('bias', size, zeros),
    mean: graph.variable('running_mean', size, zeros, 'statistic'),
    variance: graph.variable('running_var', size, ones, 'statistic'),
  };
  if (graph.phase === 'training' && !graph.options.frozenStatistics) return trainingBatchNorm(x, parameters);
  const fold = graph.foldable.get(x);
  return fold === undefined ? runningBatchNorm(x, parameters) : foldInto(fold, parameters);
}

type BatchNormParameters = Readonly<Record<'gamma' | 'beta' | 'mean' | 'variance', Variable>>;

/** BatchNorm by the running statistics, like a PyTorch module in evaluation mode. Its parameters have gradients. */
function runningBatchNorm(x: Tensor, { gamma, beta, mean, variance }: BatchNormParameters): Tensor {
  const { graph } = x;
  const attributes = batchNormAttributes(x, false);
  const inputs = [x, gamma.value, beta.value, mean.value, variance.value];
  const y = graph.op('FusedBatchNormV3', inputs, { ...attributes, exponential_avg_factor: { float: 1 } }, x.shape);
  return graph.differentiable(y, [x, gamma.value, beta.value], (dy) => {
    const saved = [mean.value, variance.value, graph.output(y, 5, gamma.shape, 'float32')];
    return batchNormGradients(dy, [x, gamma.value, ...saved], attributes);
  });
}

/** Returns the gradients of the input, the weight and the bias of a BatchNorm. */
function batchNormGradients(
  dy: Tensor,
  [x, gamma, ...saved]: readonly [x: Tensor, gamma: Tensor, ...saved: Tensor[]],
  attributes: Record<string, Attribute>,
): Tensor[] {
  const { graph } = dy;
  const dx = graph.op('FusedBatchNormGradV3', [dy, x, gamma, ...saved], attributes, x.shape);
  return [dx, graph.output(dx, 1, gamma.shape, 'float32'), graph.output(dx, 2, gamma.shape, 'float32')];
}

/**
 * BatchNorm in training. The bias of a convolution before it cancels in the normalization, so its gradient is exactly 0: the
 * normalization uses the product without the bias. The running mean includes the bias, so the bias is subtracted from it before
 * the kernel and added afterwards.
 */
function trainingBatchNorm(biased: Tensor, { gamma, beta, mean, variance }: BatchNormParameters): Tensor {
  const { graph } = biased;
  const { product: x, bias } = graph.biased.get(biased) ?? { product: biased };
  const attributes = batchNormAttributes(x, true);
  const moved = (op: 'Sub' | 'AddV2', value: Tensor) =>
    bias === undefined ? value : graph.op(op, [value, bias.value], { T: 'float32' }, mean.shape);
  const inputs = [x, gamma.value, beta.value, moved('Sub', mean.value), variance.value];
  const y = graph.op(
    'FusedBatchNormV3',
    inputs,
    { ...attributes, exponential_avg_factor: { float: BATCH_NORM_MOMENTUM } },
    x.shape,
  );
  const statistic = (index: number) => graph.output(y, index, gamma.shape, 'float32');
  for (const [variable, value] of [
    [mean, moved('AddV2', statistic(1))],
    [variance, statistic(2)],
  ] as const) {
    graph.updates.push(graph.op('AssignVariableOp', [variable.handle, value], { dtype: 'float32' }, []));
  }
  return graph.differentiable(y, [x, gamma.value, beta.value], (dy) => {
    const saved = [3, 4, 5].map(statistic); // batch mean, batch variance, and a value that the GPU kernel needs
    return batchNormGradients(dy, [x, gamma.value, ...saved], attributes);
  });
}

/** Folds a BatchNorm into the convolution before it: with running statistics it is a scale and a shift per channel. */
function foldInto(fold: (scale: Float32Array, shift: Float32Array) => Tensor, parameters: BatchNormParameters): Tensor {
  const { graph } = parameters.gamma.value;
  const [gamma, beta, mean, variance] = [parameters.gamma, parameters.beta, parameters.mean, parameters.variance].map(
    (v) => graph.weights(v),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const scale = gamma.map((value, i) => value / Math.sqrt(at(variance, i) + BATCH_NORM_EPSILON));
  return fold(
    scale,
    beta.map((value, i) => value - at(mean, i) * at(scale, i)),
  );
}

const batchNormAttributes = (x: Tensor, training: boolean): Record<string, Attribute> => ({
  T: x.dtype,
  U: 'float32',
  epsilon: { float: BATCH_NORM_EPSILON },
  is_training: training,
  ...nhwc,
});

/**
 * Linear layer: N×features → N×units, x·weight + bias. Both start with U(±1/√features); `initialBias` replaces that of the bias.
 * `weight` is features × units here. A weights file has it transposed, like PyTorch.
 */
export function dense(x: Tensor, units: number, initialBias?: Initializer): Tensor {
  requireRank('dense', x, 2);
  const { graph, dtype: T } = x;
  const features = channels(x);
  const weight = graph.variable('weight', [features, units], fanInUniform(features));
  const bias = graph.variable('bias', [units], initialBias ?? fanInUniform(features));
  const w = cast(weight.value, T);
  return addBias(matMul(x, w), bias.value);
}

/** Multiplies each output of kernels, whose outputs are the last dimension, by its scale. */
function scaled(kernels: Float32Array, scale: Float32Array): Float32Array {
  const result = new Float32Array(kernels.length);
  for (let start = 0; start < kernels.length; start += scale.length) {
    for (let i = 0; i < scale.length; i++) result[start + i] = (kernels[start + i] as number) * (scale[i] as number);
  }
  return result;
}

/** Returns element i. Throws `invalid_shape` if it does not exist. */
function at(values: Float32Array, i: number): number {
  const value = values[i];
  if (value === undefined)
    throw new TrainyardError('invalid_shape', `There is no element ${i} in ${show([values.length])}.`);
  return value;
}
