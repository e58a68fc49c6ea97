/** A stored model → the bytes of an export. The graph is built again from the weights file where a format needs it. */
import type { ExportFormat } from '../contracts/export.js';
import type { ModelManifest } from '../contracts/model.js';
import { TrainyardError } from '../errors.js';
import { outputsLast } from '../graph/kernels.js';
import { writeOnnx } from '../graph/onnx.js';
import type { Signature } from '../graph/saved-model.js';
import { TFJS_WEIGHTS_FILE, writeTfjs } from '../graph/tfjs.js';
import { decodeSafetensors, floatsOf } from '../safetensors.js';
import { buildServingGraph, variableShapes } from '../training/serving.js';
import { tar } from './archive.js';

/** A file of the model, checked by its digest. */
type ReadFile = (name: 'weights' | 'savedModel') => Promise<Uint8Array>;

/** The file in parts. `read` throws `model_corrupt` where the model's own files are not what its manifest says. */
export async function writeExport(
  manifest: ModelManifest,
  format: ExportFormat,
  read: ReadFile,
): Promise<Uint8Array[]> {
  switch (format) {
    case 'savedmodel':
      return tar([{ path: `${manifest.version}/saved_model.pb`, content: [await read('savedModel')] }]);
    case 'tfjs': {
      const { json, weights } = writeTfjs(graphOf(manifest, await read('weights')));
      return tar([
        { path: 'model.json', content: [Buffer.from(json)] },
        { path: TFJS_WEIGHTS_FILE, content: weights },
      ]);
    }
    case 'onnx':
      return [writeOnnx(graphOf(manifest, await read('weights')))];
    case 'safetensors':
      return [await read('weights')];
  }
}

/** The serving graph in float32. */
function graphOf({ spec, preprocessing, classes, name, version }: ModelManifest, file: Uint8Array): Signature {
  const { tensors } = decodeSafetensors(file);
  const { mean, std } = preprocessing;
  const inFloat32 = { ...spec, normalization: { mean, std }, precision: 'float32' as const };
  const weights = new Map<string, Float32Array>();
  for (const [variable, shape] of variableShapes(inFloat32, preprocessing, classes.length)) {
    const tensor = tensors.get(variable);
    if (tensor === undefined) {
      throw new TrainyardError('model_corrupt', `The weights file of ${name}@${version} has no "${variable}".`);
    }
    weights.set(variable, outputsLast(floatsOf(tensor), shape));
  }
  return buildServingGraph(inFloat32, preprocessing, classes.length, weights);
}
