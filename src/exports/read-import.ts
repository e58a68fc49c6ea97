/** Conversion of a weights file into the files of a model. */
import { open } from 'node:fs/promises';
import { resolveImportPreprocessing } from '../contracts/images/preprocessing-presets.js';
import type { ImportSamples } from '../contracts/models/import-samples.js';
import type { ImportedSpec, ModelDescription } from '../contracts/models/model.js';
import { IMAGENET, type ModelImport } from '../contracts/models/model-import.js';
import { TrainyardError } from '../errors/errors.js';
import { fileSource } from '../files/byte-source.js';
import { sha256OfFile } from '../files/sha256.js';
import type { FileTensor } from '../formats/file-tensor.js';
import { encodeGolden, generateImages, joinGolden } from '../formats/golden-predictions.js';
import { preprocessingMetadata } from '../formats/preprocessing-recipe.js';
import { elements, type Shape } from '../graph/graph.js';
import { outputsLast } from '../graph/kernels.js';
import { widen } from '../numerics/half-floats.js';
import { referenceLogits } from '../training/result/reference-logits.js';
import { variableShapes, writeServingModels, writeWeights } from '../training/result/serving-graph.js';
import { describePreprocessing, NO_NORMALIZATION } from '../training/step/preprocessing.js';
import { IMAGENET_CLASSES } from './imagenet-classes.js';
import { canonicalNames, withoutPrefix } from './pytorch-names.js';
import { chooseArchitecture, explainMismatch } from './recognition/choose-architecture.js';
import { type ComputeLogits, requireSamples } from './sample-check.js';
import { readWeightsFile, requireTensors } from './weights-file.js';

/**
 * Returns the description and the files of the model in a weights file. Memory: the weights in float32 and their exports, never the
 * file as a whole. Throws `invalid_weights` if the file is malformed, does not fit the network (with a list of missing, misshapen and
 * unknown tensors), or yields logits that are not finite. Throws `invalid_shape` if the network does not accept images of this size,
 * and `logits_mismatch` or `invalid_image` if it does not reproduce the samples.
 */
export async function readImport(request: ModelImport, path: string, samples?: ImportSamples) {
  const { name, image, resize, origin } = request;
  const { images: imageOptions, ...preset } = resolveImportPreprocessing(request.preprocessing);
  const normalization = request.normalization ?? preset.normalization;
  const classes = request.classes === IMAGENET ? [...IMAGENET_CLASSES] : request.classes;
  const { architecture, shapes, weights, steps, bytes } = await readFile(request, path, classes.length);
  const spec: ImportedSpec = {
    ...{ ...architecture, name, dataset: { name: 'unknown', resize } },
    ...{ normalization: normalization ?? 'none', precision: 'float32' },
  };
  const parameters = [...shapes].filter(([variable]) => !/\.running_(mean|var)$/.test(variable));
  const description: ModelDescription = {
    imported: {
      sha256: await sha256OfFile(path),
      bytes,
      ...(origin !== undefined && { origin }),
      ...sourceOf(request),
    },
    createdAt: new Date().toISOString(),
    spec,
    parameters: parameters.reduce((sum, [, shape]) => sum + elements(shape), 0),
    preprocessing: describePreprocessing(image, resize, normalization ?? NO_NORMALIZATION, imageOptions),
    classes,
    ...(steps > 0 && { steps }),
  };
  const { height, width, channels } = image;
  const compute: ComputeLogits = (values, normalization = spec.normalization) => {
    const shape = [values.length / (height * width * channels), height, width, channels];
    return referenceLogits({ ...spec, normalization }, image, classes.length, weights, { shape, values });
  };
  const generated = generateImages(height, width, channels);
  const logits = compute(generated.pixels);
  if (!logits.every(Number.isFinite)) throw unusable('', 'make the network compute logits that are not finite');
  const reproduced = samples && (await requireSamples(samples, description.preprocessing, compute));
  const metadata = preprocessingMetadata(description.preprocessing);
  const files = {
    weights: writeWeights(weights, shapes, steps, metadata),
    ...writeServingModels(spec, image, classes.length, weights, metadata),
    golden: encodeGolden(joinGolden({ ...generated, logits }, reproduced)),
  };
  return { description, files };
}

/** Returns the address that the weights came from, without its query, which may be a credential. */
const sourceOf = ({ weights }: ModelImport): { url?: string } =>
  weights?.url === undefined ? {} : { url: weights.url.replace(/[?#].*$/s, '') };

/** Reads the weights of a network from a file, one tensor after the other. */
async function readFile(request: ModelImport, path: string, classes: number) {
  const { image, resize } = request;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const named = canonicalNames(await readWeightsFile(fileSource(file, { start: 0, end: size })));
    const architecture = chooseArchitecture(request, named);
    const shapes = variableShapes({ ...architecture, dataset: { resize } }, image, classes);
    const tensors = withoutPrefix(named, new Set(shapes.keys()));
    requireTensors(tensors, shapes, () => explainMismatch(architecture, { classes, channels: image.channels }, named));
    const weights = await readWeights(tensors, shapes);
    return { architecture, shapes, weights, steps: await readSteps(tensors), bytes: size };
  } finally {
    await file.close();
  }
}

/** Returns the weights in this engine's layout, in float32. */
async function readWeights(tensors: ReadonlyMap<string, FileTensor>, shapes: ReadonlyMap<string, Shape>) {
  const weights = new Map<string, Float32Array>();
  for (const [variable, shape] of shapes) {
    const tensor = tensors.get(variable);
    if (tensor === undefined) continue;
    const values = outputsLast(widen({ dtype: tensor.dtype, bytes: await tensor.read() }), shape);
    requireNumbers(variable, values);
    weights.set(variable, values);
  }
  return weights;
}

/** Returns the largest batch counter of a BatchNorm; 0 if the file has none. */
async function readSteps(tensors: ReadonlyMap<string, FileTensor>): Promise<number> {
  let most = 0;
  for (const [name, tensor] of tensors) {
    if (!name.endsWith('num_batches_tracked')) continue;
    const count = Number(Buffer.from(await tensor.read()).readBigInt64LE());
    if (Number.isSafeInteger(count)) most = Math.max(most, count);
  }
  return most;
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
