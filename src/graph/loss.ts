/** What a classifier is judged by: cross entropy, and the count of right answers. */
import { TrainyardError } from '../errors/errors.js';
import { mixedWithReversed } from './elementwise.js';
import type { Tensor } from './graph.js';
import { batch, channels, requireRank, show } from './ops.js';

/** −log softmax(logits)[label] per image: float32 N×classes and int32 N → N. TensorFlow's kernel gives the gradient with it. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  requireLabels('softmaxCrossEntropy', logits, labels);
  const { graph, dtype: T } = logits;
  const loss = graph.op('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], { T, Tlabels: 'int32' }, [
    batch(logits),
  ]);
  return withKernelGradient(loss, logits);
}

export type Targets = Readonly<{
  /** Share of each label that is spread over all classes, 0 to below 1 (Szegedy et al. 2015, arXiv:1512.00567). */
  smoothing: number;
  /** A float32 scalar: the share of each image's own label where images are mixed; the rest is the label of the image as far from the end. */
  share?: Tensor | undefined;
}>;

/**
 * Cross entropy with smoothed and mixed labels: float32 N×classes and int32 N → N. Image i has the label share · label i +
 * (1 − share) · label N−1−i, and of each label 1 − smoothing stays and smoothing / classes goes to every class, as
 * `torch.nn.functional.cross_entropy(label_smoothing=…)` has it. Without either it is `softmaxCrossEntropy`.
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

/** The gradient that both of TensorFlow's cross entropies give as their second output, times what comes back. */
function withKernelGradient(loss: Tensor, logits: Tensor): Tensor {
  const { graph, dtype: T } = logits;
  const softmaxMinusTarget = graph.output(loss, 1, logits.shape);
  return graph.differentiable(loss, [logits], (dy) => {
    const column = graph.op('ExpandDims', [dy, graph.constant(1, 'int32')], { T, Tdim: 'int32' }, [batch(logits), 1]);
    return [graph.op('Mul', [softmaxMinusTarget, column], { T }, logits.shape)];
  });
}

/** smoothing / classes everywhere and 1 − smoothing more at the label: N → N×classes. */
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

/** How many images have their largest logit at their label: a float32 scalar, of the given name. */
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

/** N×classes logits and N int32 labels; where both numbers of images are known, they are equal. */
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
