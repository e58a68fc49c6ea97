/** Serving graph of trained weights, and their weights file with PyTorch's names and layout. */

import { bytesOfFloats, encodeSafetensors, type StoredTensor } from '../../formats/safetensors.js';
import { Graph, type Shape } from '../../graph/graph.js';
import { outputsFirst, outputsFirstShape } from '../../graph/kernels.js';
import { writeOnnx } from '../../graph/onnx.js';
import { cast } from '../../graph/ops.js';
import { type Signature, writeSavedModel } from '../../graph/saved-model.js';
import { buildNetwork } from '../../networks/index.js';
import { type ImageSource, networkInput, resolveNormalization } from '../step/preprocessing.js';
import type { ProgramSpec } from '../step/program.js';

/** The part of a spec that determines its serving graph. */
export type ServingSpec = Pick<ProgramSpec, 'network' | 'networkOptions' | 'dataset' | 'normalization' | 'precision'>;

/**
 * Builds the serving graph: weights as constants, BatchNorm folded into the convolutions, preprocessing and softmax included.
 * Input: `images`, uint8, N × height × width × channels, 0–255. Outputs: `probabilities` and `logits`, float32, N × classes.
 * It computes in the spec's precision.
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

/** Names and values that are stored with a model's file. */
type Metadata = Readonly<Record<string, string>>;

/**
 * Returns functions that write the serving graph as a SavedModel (signature `serving_default`) in the spec's precision, and as an
 * ONNX model in float32 with `metadata`. They share one graph if the precision is float32. The weights must not change until both
 * have run.
 */
export function servingModels(
  ...[spec, image, classes, weights, metadata]: [...Parameters<typeof buildServingGraph>, metadata?: Metadata]
): Readonly<Record<'savedModel' | 'onnx', () => Uint8Array>> {
  const graphs = new Map<string, Signature>();
  const graphIn = (precision: ServingSpec['precision']): Signature => {
    const graph = graphs.get(precision) ?? buildServingGraph({ ...spec, precision }, image, classes, weights);
    graphs.set(precision, graph);
    return graph;
  };
  return {
    savedModel: () => writeSavedModel([], graphIn(spec.precision)),
    onnx: () => writeOnnx(graphIn('float32'), metadata),
  };
}

/** Writes both models of `servingModels`. */
export function writeServingModels(
  ...parameters: Parameters<typeof servingModels>
): Readonly<{ savedModel: Uint8Array; onnx: Uint8Array }> {
  const { savedModel, onnx } = servingModels(...parameters);
  return { savedModel: savedModel(), onnx: onnx() };
}

/** Returns the shapes of a network's parameters and running statistics by name, in this engine's layout. */
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
 * Returns a safetensors file that PyTorch's modules of the same network load with `load_state_dict(strict=True)`: convolutions as
 * output × input × height × width, linear layers as output × input, and `num_batches_tracked` of each BatchNorm. `steps` is the
 * number of training steps. `metadata` becomes part of the header.
 */
export function writeWeights(
  weights: ReadonlyMap<string, Float32Array>,
  shapes: ReadonlyMap<string, Shape>,
  steps: number,
  metadata: Metadata = {},
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
  return Buffer.concat(encodeSafetensors(tensors, { format: 'pt', ...metadata }));
}
