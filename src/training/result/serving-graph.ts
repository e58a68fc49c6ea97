/** From trained weights to what a model folder holds: the frozen serving graph, and a weights file in PyTorch's names and layout. */

import { bytesOfFloats, encodeSafetensors, type StoredTensor } from '../../formats/safetensors.js';
import { Graph, type Shape } from '../../graph/graph.js';
import { outputsFirst, outputsFirstShape } from '../../graph/kernels.js';
import { writeOnnx } from '../../graph/onnx.js';
import { cast } from '../../graph/ops.js';
import { type Signature, writeSavedModel } from '../../graph/saved-model.js';
import { buildNetwork } from '../../networks/index.js';
import { type ImageSource, networkInput, resolveNormalization } from '../step/preprocessing.js';
import type { ProgramSpec } from '../step/program.js';

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
 * What makes the graph in the formats it is served in: a SavedModel (signature `serving_default`), in the spec's precision, and
 * an ONNX model, in float32 whatever it is. Each needs nothing else. The weights must stay as they are until both are made.
 */
export function servingModels(
  ...[spec, image, classes, weights]: Parameters<typeof buildServingGraph>
): Readonly<Record<'savedModel' | 'onnx', () => Uint8Array>> {
  const graphs = new Map<string, Signature>();
  const graphIn = (precision: ServingSpec['precision']): Signature => {
    const graph = graphs.get(precision) ?? buildServingGraph({ ...spec, precision }, image, classes, weights);
    graphs.set(precision, graph);
    return graph;
  };
  return {
    savedModel: () => writeSavedModel([], graphIn(spec.precision)),
    onnx: () => writeOnnx(graphIn('float32')),
  };
}

/** Both, made. */
export function writeServingModels(
  ...parameters: Parameters<typeof buildServingGraph>
): Readonly<{ savedModel: Uint8Array; onnx: Uint8Array }> {
  const { savedModel, onnx } = servingModels(...parameters);
  return { savedModel: savedModel(), onnx: onnx() };
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
    const shape = shapes.get(name) ?? [];
    const bytes = bytesOfFloats(outputsFirst(values, shape));
    tensors.set(name, { dtype: 'F32', shape: outputsFirstShape(shape), bytes });
  }
  for (const name of weights.keys()) {
    if (!name.endsWith('running_mean')) continue;
    const bytes = new Uint8Array(BigInt64Array.of(BigInt(steps)).buffer);
    tensors.set(name.replace('running_mean', 'num_batches_tracked'), { dtype: 'I64', shape: [], bytes });
  }
  return Buffer.concat(encodeSafetensors(tensors, { format: 'pt' }));
}
