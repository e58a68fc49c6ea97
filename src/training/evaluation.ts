/** The evaluation of a trained program, at the end of its training: its logits once more, and all that is read off them. */
import type { Calibration, ConfusedExample, Evaluation } from '../contracts/evaluation.js';
import type { Dataset } from '../datasets/index.js';
import { encodeGolden, GOLDEN_IMAGES, type Golden } from '../golden.js';
import { encodeSafetensors } from '../safetensors.js';
import { batches, type Samples } from './batches.js';
import {
  answersOf,
  BINS,
  calibrationError,
  classScores,
  confusionOf,
  fitTemperature,
  macroOf,
  type Scored,
} from './metrics.js';
import type { Program } from './program.js';
import { turn } from './train.js';

/** Confused examples that are kept with their images. */
const CONFUSED = 24;

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

/** Asks the program about the test images and, for the temperature, about those set aside. The signal ends it between two batches. */
export async function evaluateModel(
  program: Pick<Program, 'logits'>,
  { info, test, validation }: Dataset,
  { batchSize, signal }: Readonly<{ batchSize: number; signal: AbortSignal }>,
): Promise<ModelEvaluation> {
  const score = (samples: Samples) => scoreAll(program, samples, { batchSize, signal, classes: info.classes.length });
  const scored = await score(test);
  const calibration = calibrate(scored, validation && (await score(validation)));
  const answers = answersOf(scored);
  const predicted = answers.map((answer) => answer.predicted);
  const confusion = confusionOf(predicted, test.labels, info.classes.length);
  const classes = classScores(confusion, info.classes);
  const right = confusion.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  const confused = mostConfused(answers, test.labels, info.classes);
  return {
    evaluation: {
      images: test.samples,
      accuracy: right / test.samples,
      confusion,
      classes,
      macro: macroOf(classes),
      calibration,
      confused,
    },
    golden: goldenOf(program, test, info),
    confusedPixels: Buffer.concat(confused.map(({ image }) => pixelsOf(test, image))),
  };
}

async function scoreAll(
  program: Pick<Program, 'logits'>,
  samples: Samples,
  { batchSize, signal, classes }: Readonly<{ batchSize: number; signal: AbortSignal; classes: number }>,
): Promise<Scored> {
  const logits = new Float32Array(samples.samples * classes);
  let offset = 0;
  for (const { images } of batches(samples, batchSize)) {
    await turn(signal);
    const answered = program.logits(images);
    logits.set(answered, offset);
    offset += answered.length;
  }
  return { logits, labels: samples.labels, classes };
}

/** The temperature is fitted on the images set aside, never on those that it is judged by. */
function calibrate(test: Scored, validation: Scored | undefined): Calibration {
  const error = { bins: BINS, expectedCalibrationError: calibrationError(test) };
  if (validation === undefined) {
    const fitted =
      'No images were set aside to fit a temperature on: set dataset.validationSamples, or dataset.validation to "own" if the data set has a validation split.';
    return { ...error, temperature: null, fitted, calibratedError: null };
  }
  const temperature = fitTemperature(validation);
  return {
    ...error,
    temperature,
    fitted: `On the ${validation.labels.length} images set aside.`,
    calibratedError: calibrationError(test, temperature),
  };
}

function mostConfused(
  answers: ReturnType<typeof answersOf>,
  labels: Samples['labels'],
  names: readonly string[],
): ConfusedExample[] {
  const name = (index: number | undefined): string => names[index ?? -1] ?? '';
  return answers
    .map(({ predicted, probability }, image) => ({ image, predicted, probability }))
    .filter(({ image, predicted }) => predicted !== labels[image])
    .sort((a, b) => b.probability - a.probability || a.image - b.image)
    .slice(0, CONFUSED)
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
