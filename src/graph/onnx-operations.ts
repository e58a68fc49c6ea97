/**
 * Translation of a serving graph's operations to ONNX. TensorFlow's images are N×H×W×C and ONNX's N×C×H×W: the input is transposed
 * once. A convolution absorbs the padding before it and the bias after it.
 */
import { TrainyardError } from '../errors/errors.js';
import { type Attribute, elements, type Shape, type Tensor } from './graph.js';
import { outputsFirst, outputsFirstShape } from './kernels.js';

/** An attribute of an ONNX node. A number is an int, a list of numbers a list of ints. */
export type OnnxAttribute = number | string | readonly number[] | Readonly<{ float: number }>;

/** Builder of an ONNX graph, for the translations. Values are identified by name. */
export type OnnxBuilder = Readonly<{
  /** Returns the name of a tensor's value, and writes its node if needed. Images are N×C×H×W. */
  value(x: Tensor): string;
  /** Writes a node with one output, and returns the name of the output. */
  node(type: string, inputs: readonly string[], output: string, attributes?: Record<string, OnnxAttribute>): string;
  /** Stores a constant once per name, and returns the name. */
  initializer(name: string, shape: Shape, values: Float32Array | BigInt64Array): string;
}>;

/** Writes the node of a tensor after its inputs, and returns the name of its value. */
type Translation = (x: Tensor, builder: OnnxBuilder) => string;

/** TensorProto.DataType of float32. */
const FLOAT = 1;

export const operations: Readonly<Record<string, Translation>> = {
  Placeholder: ({ node: { name }, shape }, { node }) =>
    shape.length === 4 ? node('Transpose', [name], `${name}/nchw`, { perm: [0, 3, 1, 2] }) : name,
  Const(x, { initializer }) {
    const { shape, values } = floats(x);
    return initializer(x.node.name, shape, values);
  },
  Cast: (x, { node, value }) => node('Cast', [value(input(x))], x.node.name, { to: FLOAT }),
  Identity: unary('Identity'),
  Relu: unary('Relu'),
  Softmax: unary('Softmax'),
  AddV2: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  RealDiv: binary('Div'),
  ResizeBilinear(x, { node, value, initializer }) {
    const [height = 0, width = 0] = constant(input(x, 1)).values;
    const sizes = initializer(`${x.node.name}/sizes`, [2], BigInt64Array.of(BigInt(height), BigInt(width)));
    return node('Resize', [value(input(x)), '', '', sizes], x.node.name, {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
      axes: [2, 3],
    });
  },
  Conv2D: (x, builder) => convolution(x, builder),
  BiasAdd(x, builder) {
    const [product, bias] = [input(x), input(x, 1)];
    if (product.node.op === 'Conv2D') return convolution(product, builder, { bias, output: x.node.name });
    if (product.node.op === 'MatMul') return linear(product, builder, { bias, output: x.node.name });
    return binary('Add')(x, builder);
  },
  MatMul: (x, builder) => linear(x, builder),
  FusedBatchNormV3(x, { node, value }) {
    const inputs = [0, 1, 2, 3, 4].map((index) => value(input(x, index)));
    const { epsilon } = x.node.attributes;
    if (typeof epsilon !== 'object' || !('float' in epsilon)) throw unknown(x, 'without an epsilon');
    return node('BatchNormalization', inputs, x.node.name, { epsilon });
  },
  // ONNX pads with −∞ and TensorFlow with 0. The result is the same, because values that are pooled with padding are not negative.
  MaxPool: (x, builder) => pool('MaxPool', x, builder),
  AvgPool: (x, builder) => pool('AveragePool', x, builder),
  ConcatV2: (x, { node, value }) => node('Concat', x.node.inputs.slice(0, -1).map(value), x.node.name, { axis: 1 }),
  Mean(x, { node, value }) {
    if (constant(input(x, 1)).values.join() !== '1,2' || x.shape.length !== 4) throw unknown(x, 'over other axes');
    return node('GlobalAveragePool', [value(input(x))], x.node.name);
  },
  Reshape(x, { node, value }) {
    const from = input(x);
    if (x.shape.length !== 2 || x.shape[1] !== elements(from.shape.slice(1))) throw unknown(x, 'that does not flatten');
    const isPixel = from.shape.length !== 4 || elements(from.shape.slice(1, 3)) === 1;
    const images = value(from);
    const ordered = isPixel ? images : node('Transpose', [images], `${x.node.name}/nhwc`, { perm: [0, 2, 3, 1] });
    return node('Flatten', [ordered], x.node.name, { axis: 1 });
  },
};

function unary(type: string): Translation {
  return (x, { node, value }) => node(type, [value(input(x))], x.node.name);
}

/** Translates an elementwise operation with broadcasting. A constant with one number per channel lies along the second dimension. */
function binary(type: string): Translation {
  return (x, builder) => {
    const operand = (y: Tensor): string => {
      if (y.node.op !== 'Const' || y.shape.length !== 1 || x.shape.length !== 4) return builder.value(y);
      const { values, shape } = floats(y);
      return builder.initializer(`${y.node.name}/channels`, [...shape, 1, 1], values);
    };
    return builder.node(type, [operand(input(x)), operand(input(x, 1))], x.node.name);
  };
}

type WithBias = Readonly<{ bias: Tensor; output: string }>;

/** Kernels are height × width × in × out in TensorFlow, and out × in × height × width in ONNX. */
function convolution(x: Tensor, { node, value, initializer }: OnnxBuilder, added?: WithBias): string {
  const { from, pads } = padded(x);
  const kernel = input(x, 1);
  const { shape, values } = floats(kernel);
  const [height = 0, width = 0] = shape;
  const weight = initializer(`${kernel.node.name}/oihw`, outputsFirstShape(shape), outputsFirst(values, shape));
  const operands = [value(from), weight, ...(added ? [value(added.bias)] : [])];
  return node('Conv', operands, added?.output ?? x.node.name, {
    kernel_shape: [height, width],
    strides: list(x.node.attributes['strides']).slice(1, 3),
    pads: x.node.attributes['padding'] === 'SAME' ? around(Math.floor(height / 2)) : pads,
  });
}

function linear(x: Tensor, { node, value }: OnnxBuilder, added?: WithBias): string {
  const operands = [value(input(x)), value(input(x, 1))];
  if (added === undefined) return node('MatMul', operands, x.node.name);
  return node('Gemm', [...operands, value(added.bias)], added.output);
}

function pool(type: string, x: Tensor, { node, value }: OnnxBuilder): string {
  const { from, pads } = padded(x);
  return node(type, [value(from)], x.node.name, {
    kernel_shape: list(x.node.attributes['ksize']).slice(1, 3),
    strides: list(x.node.attributes['strides']).slice(1, 3),
    pads,
  });
}

/** Returns the input of an operation without the Pad node before it, and the padding of that node. */
function padded(x: Tensor): Readonly<{ from: Tensor; pads: number[] }> {
  const from = input(x);
  if (from.node.op !== 'Pad') return { from, pads: around(0) };
  const [, , side = 0] = constant(input(from, 1)).values;
  return { from: input(from), pads: around(side) };
}

const around = (pixels: number): number[] => [pixels, pixels, pixels, pixels];

function input(x: Tensor, index = 0): Tensor {
  const found = x.node.inputs[index];
  if (found === undefined) throw unknown(x, `without input ${index}`);
  return found;
}

/** Returns the numbers of a constant. Throws `internal` if x is not one. */
function constant(x: Tensor): Readonly<{ shape: Shape; values: Float32Array | Int32Array }> {
  const value = x.node.attributes['value'];
  if (typeof value !== 'object' || !('tensor' in value)) throw unknown(x, 'instead of a constant');
  const { dtype, shape, bytes } = value.tensor;
  const place = [bytes.buffer as ArrayBuffer, bytes.byteOffset, elements(shape)] as const;
  return { shape, values: dtype === 'int32' ? new Int32Array(...place) : new Float32Array(...place) };
}

/** Returns the numbers of a constant as float32. */
function floats(x: Tensor): Readonly<{ shape: Shape; values: Float32Array }> {
  const { shape, values } = constant(x);
  return { shape, values: values instanceof Float32Array ? values : Float32Array.from(values) };
}

function list(attribute: Attribute | undefined): readonly number[] {
  return Array.isArray(attribute) ? (attribute as readonly number[]) : [];
}

const unknown = ({ node }: Tensor, how: string): TrainyardError =>
  new TrainyardError('internal', `"${node.op}" ${how} has no translation to ONNX here.`);
