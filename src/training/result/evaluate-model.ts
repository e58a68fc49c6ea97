/** The evaluation of a trained program, at the end of its training: its logits once more, and all that is read off them. */
import {
  type ConfusedExample,
  type Evaluation,
  MOST_CONFUSED_PAIRS,
  MOST_MATRIX_CLASSES,
} from '../../contracts/models/evaluation.js';
import type { Dataset } from '../../datasets/index.js';
import { encodeGolden, GOLDEN_IMAGES, type Golden } from '../../formats/golden-predictions.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import type { Heartbeat } from '../run/heartbeat.js';
import { yieldToEventLoop } from '../run/scoring.js';
import { batches, type Samples } from '../step/batches.js';
import type { Program } from '../step/program.js';
import {
  CALIBRATION_BINS,
  calibrationError,
  classScores,
  confusedPairs,
  confusionOf,
  fitTemperature,
  macroOf,
  type ScoredImages,
  type TopAnswer,
  topAnswers,
} from './classification-metrics.js';

/** Confused examples that are kept with their images. */
const MAX_CONFUSED_EXAMPLES = 24;

export type ModelEvaluation = Readonly<{
  evaluation: Evaluation;
  golden: Golden;
  /** The images of `evaluation.confused`, one after the other. */
  confusedPixels: Uint8Array;
}>;

/** What a model's folder keeps of it. */
export function evaluationFiles({ evaluation, golden, confusedPixels }: ModelEvaluation) {
  const [, ...size] = golden.shape;
  const images = { dtype: 'U8', shape: [evaluation.confused.length, ...size], bytes: confusedPixels } as const;
  return {
    evaluation: Buffer.from(`${JSON.stringify(evaluation)}\n`),
    golden: encodeGolden(golden),
    confused: Buffer.concat(encodeSafetensors(new Map([['images', images]]), { format: 'trainyard-images/1' })),
  };
}

/** What a model's folder keeps of one that is not evaluated: enough to see that it answers as it was trained. */
export const goldenFiles = (program: Pick<Program, 'logits'>, { test, info }: Dataset) => ({
  golden: encodeGolden(goldenOf(program, test, info)),
});

type EvaluationOptions = Readonly<{ batchSize: number; signal: AbortSignal; heartbeat?: Heartbeat }>;

/** Asks the program about the test images and, for the temperature, about those set aside. The signal ends it between two batches. */
export async function evaluateModel(
  program: Pick<Program, 'logits'>,
  { info, test, validation }: Dataset,
  options: EvaluationOptions,
): Promise<ModelEvaluation> {
  const { length } = info.classes;
  const temperature = validation && fitTemperature(await scoreFirst(program, validation, length, options));
  const [answers, calibrated]: [TopAnswer[], TopAnswer[]] = [[], []];
  for await (const scored of scoreAll(program, test, length, options)) {
    answers.push(...topAnswers(scored));
    if (temperature !== undefined) calibrated.push(...topAnswers(scored, temperature));
  }
  const predicted = answers.map((answer) => answer.predicted);
  const classes = classScores(predicted, test.labels, info.classes);
  const right = predicted.filter((answer, image) => answer === test.labels[image]).length;
  const confused = mostConfused(answers, test.labels, info.classes);
  return {
    evaluation: {
      images: test.samples,
      accuracy: right / test.samples,
      ...(length <= MOST_MATRIX_CLASSES
        ? { confusion: confusionOf(predicted, test.labels, length) }
        : { confusedPairs: confusedPairs(predicted, test.labels, info.classes, MOST_CONFUSED_PAIRS) }),
      classes,
      macro: macroOf(classes),
      calibration: {
        bins: CALIBRATION_BINS,
        expectedCalibrationError: calibrationError(answers, test.labels),
        ...(temperature === undefined
          ? { temperature: null, fitted: NOT_FITTED, calibratedError: null }
          : {
              temperature,
              fitted: fittedOn(validation?.samples ?? 0, length),
              calibratedError: calibrationError(calibrated, test.labels),
            }),
      },
      confused,
    },
    golden: goldenOf(program, test, info),
    confusedPixels: Buffer.concat(confused.map(({ image }) => pixelsOf(test, image))),
  };
}

/** The logits of all images, batch by batch: those of a whole split may take gigabytes. */
async function* scoreAll(
  program: Pick<Program, 'logits'>,
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

/** Logits that a temperature is fitted on at most: 256 MiB of them. */
const MOST_FITTED_LOGITS = 2 ** 26;
const fittedImages = (samples: number, classes: number): number =>
  Math.min(samples, Math.floor(MOST_FITTED_LOGITS / classes));

/** The logits of the first images, as many as are kept at once. */
async function scoreFirst(
  program: Pick<Program, 'logits'>,
  { images, labels, samples }: Samples,
  classes: number,
  options: EvaluationOptions,
): Promise<ScoredImages> {
  const count = fittedImages(samples, classes);
  const size = images.length / samples;
  const first = { images: images.subarray(0, count * size), labels: labels.subarray(0, count), samples: count };
  const logits = new Float32Array(count * classes);
  let offset = 0;
  for await (const scored of scoreAll(program, first, classes, options)) {
    logits.set(scored.logits, offset);
    offset += scored.logits.length;
  }
  return { logits, labels: first.labels, classes };
}

/** The temperature is fitted on the images set aside, never on those that it is judged by. */
const NOT_FITTED =
  'No images were set aside to fit a temperature on: set dataset.validationSamples, or dataset.validation to "own" if the data set has a validation split.';

function fittedOn(samples: number, classes: number): string {
  const count = fittedImages(samples, classes);
  return count === samples
    ? `On the ${samples} images set aside.`
    : `On the first ${count} of ${samples} images set aside.`;
}

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

function goldenOf(
  program: Pick<Program, 'logits'>,
  test: Samples,
  { height, width, channels }: Dataset['info'],
): Golden {
  const images = Math.min(GOLDEN_IMAGES, test.samples);
  const pixels = test.images.subarray(0, images * height * width * channels);
  return { shape: [images, height, width, channels], pixels, logits: program.logits(pixels) };
}

const pixelsOf = ({ images, samples }: Samples, image: number): Uint8Array => {
  const size = images.length / samples;
  return images.subarray(image * size, (image + 1) * size);
};
