/** From trained weights to what a model folder holds: the frozen serving graph, and a weights file in PyTorch's names and layout. */
import { TrainyardError } from '../errors.js';
import { elements, Graph, type Shape } from '../graph/graph.js';
import { writeOnnx } from '../graph/onnx.js';
import { cast } from '../graph/ops.js';
import { type Signature, writeSavedModel } from '../graph/saved-model.js';
import { buildNetwork } from '../networks/index.js';
import { bytesOfFloats, encodeSafetensors, type StoredTensor } from '../safetensors.js';
import { type ImageSource, networkInput, resolveNormalization } from './preprocessing.js';
import type { ProgramSpec } from './program.js';

/** What of a spec decides its serving graph. */
export type ServingSpec = Pick<ProgramSpec, 'network' | 'networkOptions' | 'dataset' | 'normalization' | 'precision'>;

/**
 * The graph that answers: weights as constants, BatchNorm folded into the convolutions before it, preprocessing and softmax
 * inside. It takes `images` (uint8, N × height × width × channels, 0 to 255) and answers `probabilities` and `logits`
 * (float32, N × classes), computed in the spec's precision.
 */
export function buildServingGraph(
  spec: ServingSpec,
  image: ImageSource,
  classes: number,
  weights: ReadonlyMap<string, Float32Array>,
): Signature {
  const graph = new Graph({ weights });
  const images = graph.placeholder('images', 'uint8', [-1, image.height, image.width, image.channels]);
  const input = networkInput(images, spec.dataset.resize, resolveNormalization(spec.normalization, image));
  const result = cast(buildNetwork(spec, cast(input, spec.precision), classes), 'float32');
  const logits = graph.op('Identity', [result], { T: 'float32' }, result.shape, { name: 'logits' });
  const probabilities = graph.op('Softmax', [logits], { T: 'float32' }, result.shape, { name: 'probabilities' });
  return { inputs: { images }, outputs: { probabilities, logits } };
}

/**
 * The graph in the formats it is served in: a SavedModel (signature `serving_default`), in the spec's precision, and an ONNX
 * model, in float32 whatever it is. Each needs nothing else.
 */
export function writeServingModels(
  ...[spec, image, classes, weights]: Parameters<typeof buildServingGraph>
): Readonly<{ savedModel: Uint8Array; onnx: Uint8Array }> {
  const graph = buildServingGraph(spec, image, classes, weights);
  const inFloat32 =
    spec.precision === 'float32'
      ? graph
      : buildServingGraph({ ...spec, precision: 'float32' }, image, classes, weights);
  return { savedModel: writeSavedModel([], graph), onnx: writeOnnx(inFloat32) };
}

/** The weights and running values of a network, by name, with their shapes in this engine's layout. */
export function variableShapes(
  spec: Pick<ServingSpec, 'network' | 'networkOptions' | 'dataset'>,
  { channels }: Pick<ImageSource, 'channels'>,
  classes: number,
): Map<string, Shape> {
  const graph = new Graph();
  const side = spec.dataset.resize;
  buildNetwork(spec, graph.placeholder('images', 'float32', [-1, side, side, channels]), classes);
  return new Map([...graph.variables].map(([name, { shape }]) => [name, shape]));
}

/**
 * A safetensors file that PyTorch's modules of the same network take with `load_state_dict(strict=True)`: convolutions as
 * output × input × height × width, linear layers as output × input, and each BatchNorm's `num_batches_tracked`, the number
 * of steps it was trained.
 */
export function writeWeights(
  weights: ReadonlyMap<string, Float32Array>,
  shapes: ReadonlyMap<string, Shape>,
  steps: number,
): Uint8Array {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, values] of weights) {
    const { shape, data } = inPyTorchLayout(values, shapes.get(name) ?? []);
    tensors.set(name, { dtype: 'F32', shape, bytes: bytesOfFloats(data) });
  }
  for (const name of weights.keys()) {
    if (!name.endsWith('running_mean')) continue;
    const bytes = new Uint8Array(BigInt64Array.of(BigInt(steps)).buffer);
    tensors.set(name.replace('running_mean', 'num_batches_tracked'), { dtype: 'I64', shape: [], bytes });
  }
  return Buffer.concat(encodeSafetensors(tensors, { format: 'pt' }));
}

/** The shape that a variable of `shape` has in a weights file. */
export const inPyTorchShape = (shape: Shape): Shape => {
  if (shape.length < 2) return shape;
  const [outputs = 1, inputs = 1] = [shape.at(-1), shape.at(-2)];
  return [outputs, inputs, ...shape.slice(0, -2)];
};

/** The numbers of a weights file in the layout of a variable of `shape`. */
export function fromPyTorchLayout(values: Float32Array, shape: Shape): Float32Array {
  if (shape.length < 2) return values;
  const [outputs = 1, inputs = 1] = [shape.at(-1), shape.at(-2)];
  const pixels = elements(shape.slice(0, -2));
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const output = i % outputs;
    const input = Math.floor(i / outputs) % inputs;
    const pixel = Math.floor(i / (outputs * inputs));
    data[i] = values[(output * inputs + input) * pixels + pixel] as number;
  }
  return data;
}

/** Height × width × in × out → out × in × height × width; in × out → out × in; other shapes as they are. */
function inPyTorchLayout(values: Float32Array, shape: Shape): { shape: Shape; data: Float32Array } {
  if (shape.length < 2) return { shape, data: values };
  const [outputs = 1, inputs = 1] = [shape.at(-1), shape.at(-2)];
  const pixels = elements(shape.slice(0, -2));
  if (values.length !== pixels * inputs * outputs) {
    throw new TrainyardError('invalid_shape', `${values.length} numbers do not fill the shape [${shape}].`);
  }
  const data = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const output = i % outputs;
    const input = Math.floor(i / outputs) % inputs;
    const pixel = Math.floor(i / (outputs * inputs));
    data[(output * inputs + input) * pixels + pixel] = values[i] as number;
  }
  return { shape: inPyTorchShape(shape), data };
}
