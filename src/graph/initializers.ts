/** Initial values of variables, as graph nodes: functions of the seed and the variable's name alone. */
import { crc32 } from 'node:zlib';
import type { Graph, Shape, Tensor } from './graph.js';

/** All zeros, all ones, or uniform in ±bound. */
export type Initializer = 'zeros' | 'ones' | Readonly<{ uniform: number }>;

/**
 * PyTorch's default for convolutions and linear layers: U(±1/√fanIn), weights and bias alike
 * (`kaiming_uniform_(a=√5)` in torch.nn.modules.conv). fanIn = kernel height · kernel width · input channels.
 */
export const fanInUniform = (fanIn: number): Initializer => ({ uniform: 1 / Math.sqrt(fanIn) });

/** Counter-based random numbers (Salmon et al. 2011): adding a layer changes no other layer's start. */
export function initialValue(graph: Graph, name: string, shape: Shape, initializer: Initializer): Tensor {
  const size = graph.constant([...shape], 'int32', [shape.length]);
  if (typeof initializer === 'string') {
    const value = graph.constant(initializer === 'ones' ? 1 : 0, 'float32');
    return graph.op('Fill', [size, value], { T: 'float32', index_type: 'int32' }, shape, { dtype: 'float32' });
  }
  const seed = graph.constant([graph.options.seed ?? 0, crc32(name) | 0], 'int32');
  const unit = graph.op(
    'StatelessRandomUniform',
    [size, seed],
    { dtype: 'float32', T: 'int32', Tseed: 'int32' },
    shape,
    {
      dtype: 'float32',
    },
  );
  const width = graph.constant(2 * initializer.uniform, 'float32');
  const low = graph.constant(initializer.uniform, 'float32');
  const scaled = graph.op('Mul', [unit, width], { T: 'float32' }, shape);
  return graph.op('Sub', [scaled, low], { T: 'float32' }, shape);
}
