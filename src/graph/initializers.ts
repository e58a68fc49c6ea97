/** Initial values of variables, as graph nodes: functions of the seed and the variable's name alone. */
import { crc32 } from 'node:zlib';
import type { Graph, Initializer, Shape, Tensor } from './graph.js';

export const zeros: Initializer = (graph, _, shape) => filled(graph, shape, 0);
export const ones: Initializer = (graph, _, shape) => filled(graph, shape, 1);

/**
 * PyTorch's default for convolutions and linear layers: U(±1/√fanIn), weights and bias alike
 * (`kaiming_uniform_(a=√5)` in torch.nn.modules.conv). fanIn = kernel height · kernel width · input channels.
 */
export const fanInUniform = (fanIn: number): Initializer => uniform(1 / Math.sqrt(fanIn));

/** Uniform in ±bound, from counter-based random numbers (Salmon et al. 2011): adding a layer changes no other layer's start. */
const uniform =
  (bound: number): Initializer =>
  (graph, name, shape) => {
    const seed = graph.constant([graph.options.seed ?? 0, crc32(name) | 0], 'int32');
    const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' };
    const unit = graph.op('StatelessRandomUniform', [sizeOf(graph, shape), seed], attributes, shape, {
      dtype: 'float32',
    });
    const scaled = graph.op('Mul', [unit, graph.constant(2 * bound, 'float32')], { T: 'float32' }, shape);
    return graph.op('Sub', [scaled, graph.constant(bound, 'float32')], { T: 'float32' }, shape);
  };

function filled(graph: Graph, shape: Shape, value: number): Tensor {
  const attributes = { T: 'float32', index_type: 'int32' };
  return graph.op('Fill', [sizeOf(graph, shape), graph.constant(value, 'float32')], attributes, shape, {
    dtype: 'float32',
  });
}

const sizeOf = (graph: Graph, shape: Shape): Tensor => graph.constant([...shape], 'int32', [shape.length]);
