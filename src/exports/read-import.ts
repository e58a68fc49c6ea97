/** Conversion of an uploaded weights file into the files of a model. */
import type { ImportedSpec, ModelDescription } from '../contracts/models/model.js';
import type { ModelImport } from '../contracts/models/model-import.js';
import { resolveNetworkOptions } from '../contracts/networks/network.js';
import { TrainyardError } from '../errors/errors.js';
import { sha256 } from '../files/sha256.js';
import { encodeGolden, generateImages } from '../formats/golden-predictions.js';
import { elements } from '../graph/graph.js';
import { outputsLast } from '../graph/kernels.js';
import { widen } from '../numerics/half-floats.js';
import { referenceLogits } from '../training/result/reference-logits.js';
import { variableShapes, writeServingModels, writeWeights } from '../training/result/serving-graph.js';
import { describePreprocessing, NO_NORMALIZATION } from '../training/step/preprocessing.js';
import { unwrapNames } from './pytorch-names.js';
import { readWeightsFile, requireTensors } from './weights-file.js';

/**
 * Returns the description and the files of the model in a safetensors file. Throws `invalid_weights` if the file is malformed, does
 * not fit the network (with a list of missing, misshapen and unknown tensors), or yields logits that are not finite. Throws
 * `invalid_shape` if the network does not accept images of this size.
 */
export function readImport(request: ModelImport, file: Buffer) {
  const { name, network, classes, image, resize, normalization = NO_NORMALIZATION } = request;
  const networkOptions = resolveNetworkOptions(network, request.networkOptions);
  const spec: ImportedSpec = {
    ...{ network, networkOptions, name, dataset: { name: 'unknown', resize } },
    ...{ normalization: request.normalization ?? 'none', precision: 'float32' },
  };
  const shapes = variableShapes(spec, image, classes.length);
  const tensors = unwrapNames(readWeightsFile(file), new Set(shapes.keys()));
  requireTensors(tensors, shapes);
  const weights = new Map<string, Float32Array>();
  for (const [variable, shape] of shapes) {
    const tensor = tensors.get(variable);
    if (tensor !== undefined) weights.set(variable, outputsLast(widen(tensor), shape));
  }
  for (const [variable, values] of weights) requireNumbers(variable, values);
  const steps = stepsOf(tensors);
  const parameters = [...shapes].filter(([variable]) => !/\.running_(mean|var)$/.test(variable));
  const description: ModelDescription = {
    imported: { sha256: sha256(file), bytes: file.length },
    createdAt: new Date().toISOString(),
    spec,
    parameters: parameters.reduce((sum, [, shape]) => sum + elements(shape), 0),
    preprocessing: describePreprocessing(image, resize, normalization),
    classes,
    ...(steps > 0 && { steps }),
  };
  const images = generateImages(image.height, image.width, image.channels);
  const pixels = { shape: images.shape, values: images.pixels };
  const logits = referenceLogits(spec, image, classes.length, weights, pixels);
  if (!logits.every(Number.isFinite)) throw unusable('', 'make the network compute logits that are not finite');
  const files = {
    weights: writeWeights(weights, shapes, steps),
    ...writeServingModels(spec, image, classes.length, weights),
    golden: encodeGolden({ ...images, logits }),
  };
  return { description, files };
}

/** Returns the largest batch counter of a BatchNorm; 0 if the file has none. */
function stepsOf(tensors: ReturnType<typeof readWeightsFile>): number {
  const counters = [...tensors].filter(([name]) => name.endsWith('num_batches_tracked'));
  return counters.reduce((most, [, { bytes }]) => {
    const count = Number(Buffer.from(bytes).readBigInt64LE());
    return Number.isSafeInteger(count) ? Math.max(most, count) : most;
  }, 0);
}

function requireNumbers(variable: string, values: Float32Array): void {
  if (!values.every(Number.isFinite)) throw unusable(`/${variable}`, 'contains a number that is not finite');
  if (variable.endsWith('running_var') && values.some((value) => value < 0))
    throw unusable(`/${variable}`, 'contains a negative number, but is a variance');
}

const unusable = (path: string, message: string): TrainyardError =>
  new TrainyardError('invalid_weights', `The weights cannot be used: /weights${path} ${message}.`, {
    errors: [{ pointer: `/weights${path}`, message }],
  });
