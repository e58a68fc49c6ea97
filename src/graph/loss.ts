/** Loss and accuracy of a classifier: cross entropy and the number of correct answers. */
import { TrainyardError } from '../errors/errors.js';
import { mixedWithReversed } from './elementwise.js';
import type { Tensor } from './graph.js';
import { batch, channels, requireRank, show } from './ops.js';

/** −log softmax(logits)[label] per image: float32 N×classes and int32 N → N. TensorFlow's kernel also returns the gradient. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  requireLabels('softmaxCrossEntropy', logits, labels);
  const { graph, dtype: T } = logits;
  const loss = graph.op('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], { T, Tlabels: 'int32' }, [
    batch(logits),
  ]);
  return withKernelGradient(loss, logits);
}

export type Targets = Readonly<{
  /** Label smoothing: share of each label that is spread over all classes, 0 to below 1 (Szegedy et al. 2015, arXiv:1512.00567). */
  smoothing: number;
  /** Mixup: float32 scalar share of each image's own label. The rest is the label of the image at the same distance from the end. */
  share?: Tensor | undefined;
}>;

/**
 * Cross entropy with smoothed and mixed labels: float32 N×classes and int32 N → N. The label of image i is
 * share · label i + (1 − share) · label N−1−i. Of each label 1 − smoothing stays and every class gets smoothing / classes, as in
 * `torch.nn.functional.cross_entropy(label_smoothing=…)`. Without both it is `softmaxCrossEntropy`.
 */
export function mixedCrossEntropy(logits: Tensor, labels: Tensor, { smoothing, share }: Targets): Tensor {
  if (smoothing === 0 && share === undefined) return softmaxCrossEntropy(logits, labels);
  requireLabels('mixedCrossEntropy', logits, labels);
  const { graph, dtype: T } = logits;
  const own = smoothedOneHot(logits, labels, smoothing);
  const targets = share === undefined ? own : mixedWithReversed(own, share);
  const loss = graph.op('SoftmaxCrossEntropyWithLogits', [logits, targets], { T }, [batch(logits)]);
  return withKernelGradient(loss, logits);
}

/**
 * Multiplies the loss of each image by its weight: N and N → N. With mixup the weight is mixed as the labels are. The weights have no
 * gradient.
 */
export function weightedLoss(losses: Tensor, weights: Tensor, share?: Tensor): Tensor {
  const { graph, dtype: T } = losses;
  const mixed = share === undefined ? weights : mixedWithReversed(weights, share);
  const weighted = (x: Tensor) => graph.op('Mul', [x, mixed], { T }, losses.shape);
  return graph.differentiable(weighted(losses), [losses], (dy) => [weighted(dy)]);
}

/** Records the gradient of a cross entropy: the kernel's second output times the gradient of the loss. */
function withKernelGradient(loss: Tensor, logits: Tensor): Tensor {
  const { graph, dtype: T } = logits;
  const softmaxMinusTarget = graph.output(loss, 1, logits.shape);
  return graph.differentiable(loss, [logits], (dy) => {
    const column = graph.op('ExpandDims', [dy, graph.constant(1, 'int32')], { T, Tdim: 'int32' }, [batch(logits), 1]);
    return [graph.op('Mul', [softmaxMinusTarget, column], { T }, logits.shape)];
  });
}

/** Smoothed one-hot labels: smoothing / classes for every class, plus 1 − smoothing for the label. N → N×classes. */
function smoothedOneHot(logits: Tensor, labels: Tensor, smoothing: number): Tensor {
  const { graph, dtype: T } = logits;
  const spread = smoothing / channels(logits);
  const [on, off] = [1 - smoothing + spread, spread].map((value) => graph.constant(value, 'float32')) as [
    Tensor,
    Tensor,
  ];
  const inputs = [labels, graph.constant(channels(logits), 'int32'), on, off];
  return graph.op('OneHot', inputs, { T, TI: 'int32', axis: -1 }, logits.shape, { dtype: T });
}

/** Counts the images whose largest logit is that of their label: a float32 scalar of the given name. */
export function countCorrect(logits: Tensor, labels: Tensor, name: string): Tensor {
  requireLabels('countCorrect', logits, labels);
  const { graph, dtype: T } = logits;
  if (channels(logits) < 2)
    throw new TrainyardError('invalid_shape', `A classifier needs 2 classes or more, not ${show(logits.shape)}.`);
  const shape = labels.shape;
  const best = graph.op(
    'ArgMax',
    [logits, graph.constant(1, 'int32')],
    { T, Tidx: 'int32', output_type: 'int32' },
    shape,
    { dtype: 'int32' },
  );
  const right = graph.op('Equal', [best, labels], { T: 'int32', incompatible_shape_error: true }, shape, {
    dtype: 'bool',
  });
  const ones = graph.op('Cast', [right], { SrcT: 'bool', DstT: 'float32' }, shape, { dtype: 'float32' });
  return graph.op('Sum', [ones, graph.constant([0], 'int32')], { T: 'float32', Tidx: 'int32', keep_dims: false }, [], {
    name,
  });
}

/** Requires N×classes logits and N int32 labels. Throws `invalid_shape` otherwise. */
function requireLabels(operation: string, logits: Tensor, labels: Tensor): void {
  requireRank(operation, logits, 2);
  const [images, count] = [batch(logits), batch(labels)];
  const agree = images < 0 || count < 0 || images === count;
  if (labels.shape.length === 1 && labels.dtype === 'int32' && agree) return;
  throw new TrainyardError(
    'invalid_shape',
    `${operation} needs an int32 label for each image, not ${labels.dtype} ${show(labels.shape)} for ${show(logits.shape)}.`,
  );
}
