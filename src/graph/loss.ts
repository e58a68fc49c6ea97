/** What a classifier is judged by: cross entropy, and the count of right answers. */
import { TrainyardError } from '../errors.js';
import type { Tensor } from './graph.js';
import { batch, channels, requireRank, show } from './ops.js';

/** −log softmax(logits)[label] per image: float32 N×classes and int32 N → N. TensorFlow's kernel gives the gradient with it. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  requireRank('softmaxCrossEntropy', logits, 2);
  if (labels.shape.length !== 1 || labels.dtype !== 'int32') {
    throw new TrainyardError(
      'invalid_shape',
      `softmaxCrossEntropy needs int32 labels of shape [N], not ${labels.dtype} ${show(labels.shape)} for ${show(logits.shape)}.`,
    );
  }
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
