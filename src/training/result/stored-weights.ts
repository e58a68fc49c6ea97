/** Weights of a stored model: its weights file in this engine's layout, and the spec of its serving graph in float32. */
import type { PredictableManifest } from '../../contracts/models/model.js';
import { TrainyardError } from '../../errors/errors.js';
import { decodeSafetensors, floatsOf } from '../../formats/safetensors.js';
import { outputsLast } from '../../graph/kernels.js';
import { type ServingSpec, variableShapes } from './serving-graph.js';

/** The part of a manifest that determines its serving graph. */
export type GraphManifest = Readonly<{
  spec: Pick<PredictableManifest['spec'], 'network' | 'networkOptions' | 'dataset'>;
  preprocessing: PredictableManifest['preprocessing'];
  classes: number;
}>;

/** Returns the spec in float32 and the weights of a model. Throws `model_corrupt` if `file`, its weights file, lacks one. */
export function readStoredWeights(
  { spec, preprocessing, classes }: GraphManifest,
  file: Uint8Array,
): Readonly<{ spec: ServingSpec; weights: ReadonlyMap<string, Float32Array> }> {
  const { tensors } = decodeSafetensors(file);
  const { mean, std } = preprocessing;
  const { network, networkOptions, dataset } = spec;
  const inFloat32 = {
    network,
    networkOptions,
    dataset,
    normalization: { mean, std },
    precision: 'float32',
  } as ServingSpec;
  const weights = new Map<string, Float32Array>();
  for (const [variable, shape] of variableShapes(inFloat32, preprocessing, classes)) {
    const tensor = tensors.get(variable);
    if (tensor === undefined) throw new TrainyardError('model_corrupt', `The weights file has no "${variable}".`);
    weights.set(variable, outputsLast(floatsOf(tensor), shape));
  }
  return { spec: inFloat32, weights };
}
