/** Initial values of variables, as graph nodes: functions of the seed and the variable's name alone. */
import { crc32 } from 'node:zlib';
import { elements, type Graph, type Initializer, type Shape, type Tensor } from './graph.js';

export const zeros: Initializer = (graph, _, shape) => filled(graph, shape, 0);
export const ones: Initializer = (graph, _, shape) => filled(graph, shape, 1);

/**
 * PyTorch's default for convolutions and linear layers: U(±1/√fanIn), weights and bias alike
 * (`kaiming_uniform_(a=√5)` in torch.nn.modules.conv). fanIn = kernel height · kernel width · input channels.
 */
export const fanInUniform = (fanIn: number): Initializer => uniform(1 / Math.sqrt(fanIn));

/**
 * Normal with standard deviation √(2 / fan), which keeps the size of the numbers through convolutions with ReLUs (He et al.
 * 2015, arXiv:1502.01852): forwards by the fan in, kernel height · width · input channels, or backwards by the fan out, with
 * the output channels (`kaiming_normal_`). For weights of height × width × in × out.
 */
export const kaimingNormal =
  (mode: 'fanIn' | 'fanOut'): Initializer =>
  (graph, name, shape) => {
    const channels = shape.at(mode === 'fanIn' ? -2 : -1) ?? 1;
    const deviation = Math.sqrt(2 / (elements(shape.slice(0, -2)) * channels));
    const unit = random('StatelessRandomNormal', graph, name, shape);
    return graph.op('Mul', [unit, graph.constant(deviation, 'float32')], { T: 'float32' }, shape);
  };

/** Uniform in ±bound. */
const uniform =
  (bound: number): Initializer =>
  (graph, name, shape) => {
    const unit = random('StatelessRandomUniform', graph, name, shape);
    const scaled = graph.op('Mul', [unit, graph.constant(2 * bound, 'float32')], { T: 'float32' }, shape);
    return graph.op('Sub', [scaled, graph.constant(bound, 'float32')], { T: 'float32' }, shape);
  };

/** Counter-based random numbers (Salmon et al. 2011) of the seed and the name: adding a layer changes no other layer's start. */
function random(type: 'StatelessRandomUniform' | 'StatelessRandomNormal', graph: Graph, name: string, shape: Shape) {
  const seed = graph.constant([graph.options.seed ?? 0, crc32(name) | 0], 'int32');
  const attributes = { dtype: 'float32', T: 'int32', Tseed: 'int32' };
  return graph.op(type, [sizeOf(graph, shape), seed], attributes, shape, { dtype: 'float32' });
}

function filled(graph: Graph, shape: Shape, value: number): Tensor {
  const attributes = { T: 'float32', index_type: 'int32' };
  return graph.op('Fill', [sizeOf(graph, shape), graph.constant(value, 'float32')], attributes, shape, {
    dtype: 'float32',
  });
}

const sizeOf = (graph: Graph, shape: Shape): Tensor => graph.constant([...shape], 'int32', [shape.length]);
