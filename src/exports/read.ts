/** Weights from elsewhere → what a model's folder holds. */
import { resolveJob } from '../contracts/job.js';
import type { ModelDescription } from '../contracts/model.js';
import type { ModelImport } from '../contracts/model-import.js';
import { TrainyardError } from '../errors.js';
import { elements } from '../graph/graph.js';
import { outputsLast } from '../graph/kernels.js';
import { floatsOf } from '../safetensors.js';
import { describePreprocessing, NO_NORMALIZATION } from '../training/preprocessing.js';
import { variableShapes, writeServingModels, writeWeights } from '../training/serving.js';
import { readWeightsFile, requireTensors } from './weights-file.js';

/**
 * The model of a safetensors file. Throws `invalid_weights` where it is not one, or not of this network, with a list of what is
 * missing, of another shape, or too much; `invalid_shape` where the network does not take images of this size.
 */
export function readImport(request: ModelImport, file: Buffer) {
  const { name, network, networkOptions, classes, image, resize, normalization } = request;
  const spec = resolveJob({
    network,
    networkOptions,
    name,
    // No data set of the table: the one that is made of nothing stands for it, with the size of the network's input.
    dataset: { name: 'synthetic', resize },
    normalization: normalization ?? 'none',
  } as Parameters<typeof resolveJob>[0]);
  const shapes = variableShapes(spec, image, classes.length);
  const tensors = readWeightsFile(file);
  requireTensors(tensors, shapes);
  const weights = new Map<string, Float32Array>();
  for (const [variable, shape] of shapes) {
    const tensor = tensors.get(variable);
    if (tensor !== undefined) weights.set(variable, outputsLast(floatsOf(tensor), shape));
  }
  for (const [variable, values] of weights) {
    if (!values.every(Number.isFinite)) throw notFinite(variable);
  }
  const steps = stepsOf(tensors);
  const parameters = [...shapes].filter(([variable]) => !/\.running_(mean|var)$/.test(variable));
  const description: ModelDescription = {
    createdAt: new Date().toISOString(),
    spec,
    parameters: parameters.reduce((sum, [, shape]) => sum + elements(shape), 0),
    preprocessing: describePreprocessing(image, resize, normalization ?? NO_NORMALIZATION),
    classes,
    ...(steps > 0 && { steps }),
  };
  const files = {
    weights: writeWeights(weights, shapes, steps),
    ...writeServingModels(spec, image, classes.length, weights),
  };
  return { description, files };
}

/** The largest number of batches that a BatchNorm has seen; 0 where the file does not say. */
function stepsOf(tensors: ReturnType<typeof readWeightsFile>): number {
  const counters = [...tensors].filter(([name]) => name.endsWith('num_batches_tracked'));
  return counters.reduce((most, [, { bytes }]) => {
    const count = Number(Buffer.from(bytes).readBigInt64LE());
    return Number.isSafeInteger(count) ? Math.max(most, count) : most;
  }, 0);
}

const notFinite = (variable: string): TrainyardError => {
  const message = 'has a number that is not finite';
  return new TrainyardError('invalid_weights', `The weights cannot be used: /weights/${variable} ${message}.`, {
    errors: [{ pointer: `/weights/${variable}`, message }],
  });
};
