/** The evaluation of a model: what it gets right and wrong on the test images, and how far its probabilities can be believed. */
import { type Static, Type } from 'typebox';
import type { ModelManifest } from './model.js';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const closed = { additionalProperties: false };

/** Scores of one class; each is 0 where it would divide by 0, as scikit-learn has it. */
export const ClassScores = Type.Object(
  {
    label: Type.String(),
    precision: share('Of the images that were taken for this class, the share that is of it.'),
    recall: share('Of the images of this class, the share that was taken for it.'),
    f1: share('Harmonic mean of both.'),
    support: count('Test images of this class.'),
  },
  closed,
);
export type ClassScores = Static<typeof ClassScores>;

export const Calibration = Type.Object(
  {
    bins: Type.Integer({ minimum: 1, description: 'Bins of equal width over the probability of the class answered.' }),
    expectedCalibrationError: share(
      'Mean over the test images of how far accuracy and probability are apart in their bin (Guo et al. 2017, arXiv:1706.04599).',
    ),
    temperature: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      description: 'Logits are divided by it for calibrated probabilities; null: none was fitted.',
    }),
    fitted: Type.String({ description: 'On what the temperature was fitted, or why it was not.' }),
    calibratedError: Type.Union([share('The same error with the temperature.'), Type.Null()]),
  },
  closed,
);
export type Calibration = Static<typeof Calibration>;

/** A test image that was taken for another class, with the probability of that class. */
export const ConfusedExample = Type.Object(
  {
    image: Type.Integer({ minimum: 0, description: 'Its place among the test images.' }),
    label: Type.String({ description: 'What it is.' }),
    predicted: Type.String({ description: 'What it was taken for.' }),
    probability: share('Probability of the class it was taken for.'),
  },
  closed,
);
export type ConfusedExample = Static<typeof ConfusedExample>;

/** Classes up to which a confusion matrix is kept; that of 10,000 would have 100 million numbers. */
export const MOST_MATRIX_CLASSES = 256;
export const MOST_CONFUSED_PAIRS = 1_000;

const ConfusedPair = Type.Object(
  {
    label: Type.String({ description: 'What the images are.' }),
    predicted: Type.String({ description: 'What they were taken for.' }),
    images: count('How many.'),
  },
  closed,
);

/** evaluation.json of a model. */
export const Evaluation = Type.Object(
  {
    images: Type.Integer({ minimum: 1, description: 'Test images that were scored.' }),
    accuracy: share('Share of them that was classified right.'),
    confusion: Type.Optional(
      Type.Array(Type.Array(count('Images.')), {
        description: `Row: the class an image is of. Column: the class it was taken for. In the order of \`classes\`. Absent for more than ${MOST_MATRIX_CLASSES} classes.`,
      }),
    ),
    confusedPairs: Type.Optional(
      Type.Array(ConfusedPair, {
        maxItems: MOST_CONFUSED_PAIRS,
        description: `For more than ${MOST_MATRIX_CLASSES} classes, instead of \`confusion\`: the pairs that were confused most often, at most ${MOST_CONFUSED_PAIRS}.`,
      }),
    ),
    classes: Type.Array(ClassScores),
    macro: Type.Object(
      {
        precision: share('Mean over the classes.'),
        recall: share('Mean over the classes.'),
        f1: share('Mean over the classes.'),
      },
      closed,
    ),
    calibration: Calibration,
    confused: Type.Array(ConfusedExample, {
      description: 'The test images that were taken for another class with the highest probability, the highest first.',
    }),
  },
  closed,
);
export type Evaluation = Static<typeof Evaluation>;

/** Why a model that was stored without an evaluation has none: one or two sentences. */
export function whyNotEvaluated({ jobId, reason, scores }: Pick<ModelManifest, 'jobId' | 'reason' | 'scores'>): string {
  if (jobId === undefined) return 'It was imported: what it was trained and tested on is not known.';
  if (reason?.code !== 'kept') return 'It is of before there was an evaluation: train it again to have one.';
  const known = scores === undefined ? '' : ` What is known are its scores of epoch ${scores.epoch}.`;
  return `It was kept from a job that was cancelled, which waits for no evaluation.${known}`;
}
