/** Conversion of a stored model into an export file. Rebuilds the graph from the weights if the format needs it. */
import type { Evaluation } from '../contracts/models/evaluation.js';
import type { ExportFormat } from '../contracts/models/export-format.js';
import type { ModelManifest } from '../contracts/models/model.js';
import { TrainyardError } from '../errors/errors.js';
import { writeModelCard } from '../formats/model-card.js';
import { preprocessingMetadata } from '../formats/preprocessing-recipe.js';
import { tar } from '../formats/tar.js';
import { writeOnnx } from '../graph/onnx.js';
import type { Signature } from '../graph/saved-model.js';
import { TFJS_WEIGHTS_FILE, writeTfjs } from '../graph/tfjs.js';
import { buildServingGraph } from '../training/result/serving-graph.js';
import { readStoredWeights } from '../training/result/stored-weights.js';

const CARD_FILE = 'model-card.md';
const PREPROCESSING_FILE = 'preprocessing.json';

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
        { path: `${version}/assets.extra/${PREPROCESSING_FILE}`, content: [preprocessingOf(manifest)] },
      ]);
    }
    case 'tfjs': {
      const { json, weights } = writeTfjs(
        graphOf(manifest, await required('weights')),
        preprocessingMetadata(manifest.preprocessing),
      );
      return tar([
        { path: 'model.json', content: [Buffer.from(json)] },
        { path: TFJS_WEIGHTS_FILE, content: weights },
        { path: CARD_FILE, content: [await cardOf(manifest, read)] },
        { path: PREPROCESSING_FILE, content: [preprocessingOf(manifest)] },
      ]);
    }
    case 'onnx':
      return [writeOnnx(graphOf(manifest, await required('weights')), preprocessingMetadata(manifest.preprocessing))];
    case 'safetensors':
      return [await required('weights')];
  }
}

const preprocessingOf = ({ preprocessing }: ModelManifest): Uint8Array =>
  Buffer.from(`${JSON.stringify(preprocessing, null, 2)}\n`);

/** Returns the model card, the same as `GET …/card`. */
async function cardOf(manifest: ModelManifest, read: ReadFile): Promise<Uint8Array> {
  const file = await read('evaluation');
  const evaluation = file && (JSON.parse(Buffer.from(file).toString()) as Evaluation);
  return Buffer.from(writeModelCard(manifest, evaluation));
}

/** Builds the serving graph in float32. */
function graphOf({ spec, preprocessing, classes }: ModelManifest, file: Uint8Array): Signature {
  const stored = readStoredWeights({ spec, preprocessing, classes: classes.length }, file);
  return buildServingGraph(stored.spec, preprocessing, classes.length, stored.weights);
}
