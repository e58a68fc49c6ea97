/** Evaluation of a trained program on the test images, and the files that store it with the model. */
import type { ConfusedExample, Evaluation } from '../../contracts/models/evaluation.js';
import type { Dataset } from '../../datasets/index.js';
import { encodeGolden, GOLDEN_IMAGES, type Golden } from '../../formats/golden-predictions.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import { encodePredictions, type TestPredictions } from '../../formats/test-predictions.js';
import type { Heartbeat } from '../run/heartbeat.js';
import { yieldToEventLoop } from '../run/scoring.js';
import { batches, type Samples } from '../step/batches.js';
import type { Program } from '../step/program.js';
import { fitTemperature, type ScoredImages, type TopAnswer } from './classification-metrics.js';
import { createSplitScores, type SeenImage } from './score-split.js';

/** Confused examples that are stored with their images. */
const MAX_CONFUSED_EXAMPLES = 24;
/** Logits on which a temperature is fitted at most: 256 MiB. */
const MAX_FITTED_LOGITS = 2 ** 26;

type LogitsProgram = Pick<Program, 'logits'>;

export type ModelEvaluation = Readonly<{
  evaluation: Evaluation;
  golden: Golden;
  /** The images of `evaluation.confused`, one after the other. */
  confusedPixels: Uint8Array;
  predictions: TestPredictions;
}>;

/** Returns the files that store an evaluation in a model's folder. */
export function evaluationFiles({ evaluation, golden, confusedPixels, predictions }: ModelEvaluation) {
  const [, ...size] = golden.shape;
  const images = { dtype: 'U8', shape: [evaluation.confused.length, ...size], bytes: confusedPixels } as const;
  return {
    evaluation: Buffer.from(`${JSON.stringify(evaluation)}\n`),
    golden: encodeGolden(golden),
    confused: Buffer.concat(encodeSafetensors(new Map([['images', images]]), { format: 'trainyard-images/1' })),
    predictions: encodePredictions(predictions),
  };
}

/** Returns the files of a model without an evaluation: golden predictions alone, which the parity check needs. */
export const goldenFiles = (program: LogitsProgram, { test, info }: Dataset) => ({
  golden: encodeGolden(goldenOf(program, test, info)),
});

type EvaluationOptions = Readonly<{
  batchSize: number;
  signal: AbortSignal;
  heartbeat?: Heartbeat;
  /** Origin of the test images. */
  testSplit?: Evaluation['testSplit'];
  /** Test images that the training has seen. Default: it is not known. */
  leaks?: readonly SeenImage[] | undefined;
  /** Returns the paths of test images, for the confused ones. Default: they are not known. */
  findPaths?: (images: readonly number[]) => Promise<readonly string[] | undefined>;
}>;

/**
 * Evaluates the program on the test images. Fits the temperature on the validation images, if there are any, never on the images
 * that it is scored on. Throws the signal's reason if it aborts.
 */
export async function evaluateModel(
  program: LogitsProgram,
  { info, test, validation }: Dataset,
  options: EvaluationOptions,
): Promise<ModelEvaluation> {
  const classes = info.classes.length;
  const { testSplit, leaks } = options;
  const temperature = validation && fitTemperature(await firstLogits(program, validation, classes, options));
  const fitted = validation === undefined ? NOT_FITTED : describeFit(validation.samples, classes);
  const collector = createSplitScores({ classes: info.classes, temperature, fitted, leaks }, test.labels);
  for await (const { logits } of logitsOf(program, test, classes, options)) collector.add(logits);
  const { scores, result, predictions, answers } = collector.finish();
  const confused = await withPaths(mostConfused(answers, test.labels, info.classes), options);
  return {
    evaluation: {
      images: test.samples,
      ...(testSplit && { testSplit }),
      accuracy: scores.accuracy,
      ...result,
      confused,
    },
    golden: goldenOf(program, test, info),
    confusedPixels: Buffer.concat(confused.map(({ image }) => pixelsOf(test, image))),
    predictions,
  };
}

/** Yields the logits batch by batch: those of a whole split may need gigabytes. */
async function* logitsOf(
  program: LogitsProgram,
  samples: Samples,
  classes: number,
  { batchSize, signal, heartbeat }: EvaluationOptions,
): AsyncGenerator<ScoredImages> {
  let start = 0;
  for (const { images } of batches(samples, batchSize)) {
    await yieldToEventLoop(signal);
    heartbeat?.('evaluating');
    const logits = program.logits(images);
    const end = start + logits.length / classes;
    yield { logits, labels: samples.labels.subarray(start, end), classes };
    start = end;
  }
}

const fittedImages = (samples: number, classes: number): number =>
  Math.min(samples, Math.floor(MAX_FITTED_LOGITS / classes));

/** Returns the logits of the first images, at most 2^26 numbers. */
async function firstLogits(
  program: LogitsProgram,
  { images, labels, samples }: Samples,
  classes: number,
  options: EvaluationOptions,
): Promise<ScoredImages> {
  const count = fittedImages(samples, classes);
  const size = images.length / samples;
  const first = { images: images.subarray(0, count * size), labels: labels.subarray(0, count), samples: count };
  const logits = new Float32Array(count * classes);
  let offset = 0;
  for await (const scored of logitsOf(program, first, classes, options)) {
    logits.set(scored.logits, offset);
    offset += scored.logits.length;
  }
  return { logits, labels: first.labels, classes };
}

const NOT_FITTED =
  'There were no validation images to fit a temperature on. Set dataset.validationSamples, or dataset.validation to "own" if the data set has a validation split.';

function describeFit(samples: number, classes: number): string {
  const count = fittedImages(samples, classes);
  return count === samples
    ? `On the ${samples} validation images.`
    : `On the first ${count} of ${samples} validation images.`;
}

/** Returns the wrong answers with the highest probabilities. */
function mostConfused(
  answers: readonly TopAnswer[],
  labels: Samples['labels'],
  names: readonly string[],
): ConfusedExample[] {
  const name = (index: number | undefined): string => names[index ?? -1] ?? '';
  return answers
    .map(({ predicted, probability }, image) => ({ image, predicted, probability }))
    .filter(({ image, predicted }) => predicted !== labels[image])
    .sort((a, b) => b.probability - a.probability || a.image - b.image)
    .slice(0, MAX_CONFUSED_EXAMPLES)
    .map(({ image, predicted, probability }) => ({
      image,
      label: name(labels[image]),
      predicted: name(predicted),
      probability,
    }));
}

/** Adds the paths of the images, if they are known. */
async function withPaths(
  confused: readonly ConfusedExample[],
  { findPaths }: Pick<EvaluationOptions, 'findPaths'>,
): Promise<ConfusedExample[]> {
  const paths = await findPaths?.(confused.map(({ image }) => image));
  return confused.map(({ image, ...rest }, index) => {
    const path = paths?.[index];
    return { image, ...(path !== undefined && { path }), ...rest };
  });
}

function goldenOf(program: LogitsProgram, test: Samples, { height, width, channels }: Dataset['info']): Golden {
  const images = Math.min(GOLDEN_IMAGES, test.samples);
  const pixels = test.images.subarray(0, images * height * width * channels);
  return { shape: [images, height, width, channels], pixels, logits: program.logits(pixels) };
}

const pixelsOf = ({ images, samples }: Samples, image: number): Uint8Array => {
  const size = images.length / samples;
  return images.subarray(image * size, (image + 1) * size);
};
