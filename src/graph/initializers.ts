/** Initializers of variables. The values depend on the seed and the variable's name alone. */
import { crc32 } from 'node:zlib';
import { elements, type Graph, type Initializer, type Shape, type Tensor } from './graph.js';

export const zeros: Initializer = (graph, _, shape) => cleared(graph, shape, 'float32');
export const ones: Initializer = (graph, _, shape) =>
  graph.shared(`ones [${shape}]`, () => {
    const inputs = [sizeOf(graph, shape), graph.constant(1, 'float32')];
    return graph.op('Fill', inputs, { T: 'float32', index_type: 'int32' }, shape, { dtype: 'float32' });
  });

/**
 * PyTorch's default for convolutions and linear layers: U(±1/√fanIn), weights and bias alike
 * (`kaiming_uniform_(a=√5)` in torch.nn.modules.conv). fanIn = kernel height · kernel width · input channels.
 */
export const fanInUniform = (fanIn: number): Initializer => uniform(1 / Math.sqrt(fanIn));

/**
 * Normal distribution with standard deviation √(2 / fan), which preserves the variance through convolutions with ReLUs (He et al.
 * 2015, arXiv:1502.01852; `kaiming_normal_`). `fanIn` = kernel height · width · input channels preserves it in the forward pass,
 * `fanOut`, with the output channels, in the backward pass. For weights of height × width × in × out.
 */
export const kaimingNormal =
  (mode: 'fanIn' | 'fanOut'): Initializer =>
  (graph, name, shape) => {
    const channels = shape.at(mode === 'fanIn' ? -2 : -1) ?? 1;
    const deviation = Math.sqrt(2 / (elements(shape.slice(0, -2)) * channels));
    const unit = random('StatelessRandomNormal', graph, name, shape);
    return graph.op('Mul', [unit, graph.constant(deviation, 'float32')], { T: 'float32' }, shape);
  };

/** Uniform distribution in ±bound. */
const uniform =
  (bound: number): Initializer =>
  (graph, name, shape) => {
    const unit = random('StatelessRandomUniform', graph, name, shape);
    const scaled = graph.op('Mul', [unit, graph.constant(2 * bound, 'float32')], { T: 'float32' }, shape);
    return graph.op('Sub', [scaled, graph.constant(bound, 'float32')], { T: 'float32' }, shape);
  };

/**
 * Draws counter-based random numbers (Salmon et al. 2011) from the seed and the name: another layer in the network does not change
 * the initial values of the others.
 */
function random(type: 'StatelessRandomUniform' | 'StatelessRandomNormal', graph: Graph, name: string, shape: Shape) {
  const seed = graph.constant([graph.options.seed ?? 0, crc32(name) | 0], 'int32');
  const size = graph.shared(`size [${shape}]`, () => {
    const unknown = cleared(graph, [shape.length], 'int32');
    return graph.op('AddV2', [sizeOf(graph, shape), unknown], { T: 'int32' }, [shape.length]);
  });
  return graph.op(type, [size, seed], { dtype: 'float32', T: 'int32', Tseed: 'int32' }, shape, { dtype: 'float32' });
}

/**
 * Returns zeros that TensorFlow cannot fold into a constant. It would compute the constant on one core while it prepares the graph,
 * and keep it in memory besides the variable. Variables of one shape share one tensor: each gets memory of its own with its first
 * update.
 */
const cleared = (graph: Graph, shape: Shape, dtype: 'float32' | 'int32'): Tensor =>
  graph.shared(`${dtype} zeros [${shape}]`, () =>
    graph.op('Empty', [sizeOf(graph, shape)], { dtype, init: true }, shape, { dtype }),
  );

const sizeOf = (graph: Graph, shape: Shape): Tensor => graph.constant([...shape], 'int32', [shape.length]);
