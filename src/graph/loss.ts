/** What a classifier is judged by: cross entropy, and the count of right answers. */
import { TrainyardError } from '../errors.js';
import type { Tensor } from './graph.js';
import { batch, channels, requireRank, show } from './ops.js';

/** −log softmax(logits)[label] per image: float32 N×classes and int32 N → N. TensorFlow's kernel gives the gradient with it. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  requireLabels('softmaxCrossEntropy', logits, labels);
  const { graph, dtype: T } = logits;
  const loss = graph.op('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], { T, Tlabels: 'int32' }, [
    batch(logits),
  ]);
  const softmaxMinusOneHot = graph.output(loss, 1, logits.shape);
  return graph.differentiable(loss, [logits], (dy) => {
    const column = graph.op('ExpandDims', [dy, graph.constant(1, 'int32')], { T, Tdim: 'int32' }, [batch(logits), 1]);
    return [graph.op('Mul', [softmaxMinusOneHot, column], { T }, logits.shape)];
  });
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
