/** Conversion of a stored model into an export file. Rebuilds the graph from the weights if the format needs it. */
import type { Evaluation } from '../contracts/models/evaluation.js';
import type { ExportFormat } from '../contracts/models/export-format.js';
import type { ModelManifest } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';
import { writeModelCard } from '../formats/model-card.js';
import { decodeSafetensors, floatsOf } from '../formats/safetensors.js';
import { tar } from '../formats/tar.js';
import { outputsLast } from '../graph/kernels.js';
import { writeOnnx } from '../graph/onnx.js';
import type { Signature } from '../graph/saved-model.js';
import { TFJS_WEIGHTS_FILE, writeTfjs } from '../graph/tfjs.js';
import { buildServingGraph, variableShapes } from '../training/result/serving-graph.js';

const CARD_FILE = 'model-card.md';

/** Reads a file of the model and verifies its digest. Undefined if the model has no such file. */
type ReadFile = (name: 'weights' | 'savedModel' | 'evaluation') => Promise<Uint8Array | undefined>;

/** Returns the export file as parts; archives include the model card. Throws `model_corrupt` if a file of the model is damaged. */
export async function writeExport(
  manifest: ModelManifest,
  format: ExportFormat,
  read: ReadFile,
): Promise<Uint8Array[]> {
  const required = async (name: 'weights' | 'savedModel'): Promise<Uint8Array> => {
    const content = await read(name);
    if (content !== undefined) return content;
    throw new TrainyardError(
      'model_corrupt',
      `${manifest.name}@${manifest.version} has no file "${name}". Train it again, or restore its folder.`,
    );
  };
  switch (format) {
    case 'savedmodel': {
      const { version } = manifest;
      return tar([
        { path: `${version}/saved_model.pb`, content: [await required('savedModel')] },
        // TensorFlow's folder for files that accompany a model and are not loaded.
        { path: `${version}/assets.extra/${CARD_FILE}`, content: [await cardOf(manifest, read)] },
      ]);
    }
    case 'tfjs': {
      const { json, weights } = writeTfjs(graphOf(manifest, await required('weights')));
      return tar([
        { path: 'model.json', content: [Buffer.from(json)] },
        { path: TFJS_WEIGHTS_FILE, content: weights },
        { path: CARD_FILE, content: [await cardOf(manifest, read)] },
      ]);
    }
    case 'onnx':
      return [writeOnnx(graphOf(manifest, await required('weights')))];
    case 'safetensors':
      return [await required('weights')];
  }
}

/** Returns the model card, the same as `GET …/card`. */
async function cardOf(manifest: ModelManifest, read: ReadFile): Promise<Uint8Array> {
  const file = await read('evaluation');
  const evaluation = file && (JSON.parse(Buffer.from(file).toString()) as Evaluation);
  return Buffer.from(writeModelCard(manifest, evaluation));
}

/** Builds the serving graph in float32. */
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
