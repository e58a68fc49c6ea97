/** Evaluator process, a child of the worker: predicts the images of a split with a stored model, stores the scores and exits. */
import { once } from 'node:events';
import { type DatasetInfo, wasImportedAfter } from './contracts/datasets/dataset.js';
import { wasCropped, withoutCrop } from './contracts/images/image-preprocessing.js';
import { classSetFault } from './contracts/models/class-list.js';
import type { DatasetEvaluation } from './contracts/models/dataset-evaluation.js';
import { isJobSpec, type Preprocessing } from './contracts/models/model.js';
import type { EvaluatorCommand, EvaluatorMessage } from './contracts/processes/evaluation-process.js';
import { loadSplit, seenTestImages } from './datasets/index.js';
import type { Split } from './datasets/loaded-dataset.js';
import { TrainyardError, toTrainyardError, unlessCorrupt } from './errors/errors.js';
import { encodePredictions } from './formats/test-predictions.js';
import { openOnnxSession } from './graph/onnx-session.js';
import { openSession } from './graph/session.js';
import { encodePixels } from './images/encode-png.js';
import { createImageDecoder } from './images/image-decoder.js';
import { batchModelOf } from './inference/batch-model.js';
import { createModelCache } from './inference/model-cache.js';
import { createRuntimes } from './inference/runtimes.js';
import { createEvaluations } from './inference/stored-evaluations.js';
import { type ModelStore, openModelStore, type StoredModel } from './store/index.js';
import { openModelEvaluations } from './store/model-evaluations.js';
import { createSplitScores, type SeenImage } from './training/result/score-split.js';

/** Bytes of the inputs of a batch at most, and images. */
const BATCH = { bytes: 2 ** 23, images: 64 } as const;
/** Time between two progress messages, in ms. */
const PROGRESS_MS = 250;

const FITTED = 'In the training, on its validation images.';
const NO_TEMPERATURE = 'The model has no temperature: its training had no validation images, or it was imported.';

process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group: the worker decides
process.on('disconnect', () => process.exit(1)); // the worker is gone: another one will evaluate again

const [command] = (await once(process, 'message')) as [EvaluatorCommand];
const message = await evaluate(command).catch((error: unknown): EvaluatorMessage => {
  const { code, message: text, cause } = toTrainyardError(error, 'evaluation_failed');
  console.error(cause ?? error);
  return { error: { code, message: text } };
});
process.send?.(message, () => process.exit(0));

async function evaluate({ evaluation, modelsDir, ...folders }: EvaluatorCommand): Promise<EvaluatorMessage> {
  const { dataset, split } = evaluation;
  const store = await openModelStore(modelsDir);
  const model = await store.get(evaluation.model);
  const { info, images, sha256 } = await loadSplit(dataset, split, folders);
  const labels = labelsOf(model, info, images);
  const leaks =
    split === 'test'
      ? await seenByTraining(store, model, { info, sha256, ...folders }).catch(unlessCorrupt)
      : undefined;
  const { scores, result, predictions } = await score(model, { info, images, labels, leaks });
  const evaluated: DatasetEvaluation = {
    ...withoutProgress(evaluation),
    state: 'succeeded',
    endedAt: new Date().toISOString(),
    sha256,
    scores,
  };
  const files = { evaluation: evaluated, result, predictions: encodePredictions(predictions) };
  return { evaluated: await openModelEvaluations(modelsDir).save(files) };
}

type TestSplit = Readonly<{ info: DatasetInfo; sha256: string }>;

/**
 * Returns the test images of a data set that the training of the model has seen. Undefined if they are not known, or if the model was not
 * trained and scored on this data set. Throws `dataset_corrupt` or `model_corrupt`.
 */
async function seenByTraining(
  store: ModelStore,
  model: StoredModel,
  { info, sha256, importedDir }: TestSplit & Pick<EvaluatorCommand, 'importedDir'>,
): Promise<readonly SeenImage[] | undefined> {
  const { spec, createdAt } = model.manifest;
  if (!isJobSpec(spec) || spec.dataset.name !== info.name || wasImportedAfter(info, createdAt)) return undefined;
  const own = await createEvaluations(store).find(model);
  return own?.testSplit?.sha256 === sha256 ? seenTestImages(spec.dataset, { importedDir }) : undefined;
}

function withoutProgress({ progress: _, ...evaluation }: DatasetEvaluation): DatasetEvaluation {
  return evaluation;
}

/** Returns the labels of the images as indices of the model's classes. Throws `classes_differ`. */
function labelsOf(
  { manifest: { classes } }: StoredModel,
  info: Readonly<{ name: string; classes: readonly string[] }>,
  { labels }: Split,
): Uint16Array {
  const fault = classSetFault(classes, info.classes);
  if (fault !== undefined) throw new TrainyardError('classes_differ', `The data set ${info.name} ${fault}.`);
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const indices = info.classes.map((name) => indexOf.get(name) ?? 0);
  return Uint16Array.from(labels, (label) => indices[label] ?? 0);
}

type LabelledSplit = Readonly<{
  info: Pick<DatasetInfo, 'height' | 'width' | 'channels' | 'imported'>;
  images: Split;
  labels: Uint16Array;
  /** Images that the training has seen, if the model was trained on the data set. */
  leaks: readonly SeenImage[] | undefined;
}>;

/** Predicts the images batch by batch, as `POST /predict` does, and scores them. */
async function score(model: StoredModel, { info, images, labels, leaks }: LabelledSplit) {
  const { manifest } = model;
  const { name, version, classes, temperature, preprocessing } = manifest;
  const { command: graph } = batchModelOf({ ...model, source: { name, version } }, 'cpu');
  const [, height, width, channels] = graph.shape;
  const runtimes = createRuntimes({ openSession, openOnnxSession });
  const predictor = createModelCache({ runtimes, memoryBytes: Number.POSITIVE_INFINITY });
  const prepare = createPreparation(info, wasCropped(info.imported) ? withoutCrop(preprocessing) : preprocessing);
  const fitted = temperature ? FITTED : NO_TEMPERATURE;
  const scores = createSplitScores({ classes, temperature, fitted, leaks }, labels);
  const size = images.images.length / images.samples;
  const most = Math.max(1, Math.min(BATCH.images, Math.floor(BATCH.bytes / (height * width * channels))));
  const report = createProgress(images.samples);
  while (scores.images < images.samples) {
    const end = Math.min(images.samples, scores.images + most);
    const batch = images.images.subarray(scores.images * size, end * size);
    const count = end - scores.images;
    const pixels = await prepare(batch, count);
    const { logits } = await predictor.predict({ ...graph, id: 0, shape: [count, height, width, channels], pixels });
    if (!logits.every(Number.isFinite))
      throw new TrainyardError(
        'model_corrupt',
        `The outputs of ${name}@${version} are not finite, so its weights are damaged.`,
      );
    scores.add(logits);
    report(end);
  }
  await predictor.close();
  return scores.finish();
}

/** Returns a function that turns pixels of the data set into inputs of the model, with the code that reads prediction images. */
function createPreparation(info: LabelledSplit['info'], target: Preprocessing) {
  const decoder = createImageDecoder();
  const size = info.height * info.width * info.channels;
  const inputBytes = target.height * target.width * target.channels;
  return async (batch: Uint8Array, count: number): Promise<Uint8Array> => {
    const inputs = new Uint8Array(count * inputBytes);
    await Promise.all(
      Array.from({ length: count }, async (_, image) => {
        const file = await encodePixels(batch.subarray(image * size, (image + 1) * size), info);
        inputs.set(await decoder.decode(file, target), image * inputBytes);
      }),
    );
    return inputs;
  };
}

/** Returns a function that sends the progress, at most four times a second. */
function createProgress(total: number): (images: number) => void {
  let sentAt = Number.NEGATIVE_INFINITY;
  return (images) => {
    if (performance.now() - sentAt < PROGRESS_MS) return;
    sentAt = performance.now();
    process.send?.({ progress: { images, total } } satisfies EvaluatorMessage);
  };
}
