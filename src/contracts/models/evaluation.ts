/** Evaluation of a model: its errors on the test images, and the calibration of its probabilities. */
import { type Static, Type } from 'typebox';
import type { ModelManifest } from './model.js';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const closed = { additionalProperties: false };

/** Scores of one class. A score is 0 if it would divide by 0, as in scikit-learn. */
export const ClassScores = Type.Object(
  {
    label: Type.String(),
    precision: share('Share of correct images among those classified as this class.'),
    recall: share('Share of the images of this class that are classified as this class.'),
    f1: share('Harmonic mean of precision and recall.'),
    support: count('Test images of this class.'),
  },
  closed,
);
export type ClassScores = Static<typeof ClassScores>;

/** Images whose predicted class has a probability in this bin. A bin includes its upper end. */
export const ReliabilityBin = Type.Object(
  {
    from: share('Lower end of the bin.'),
    to: share('Upper end of the bin.'),
    images: count('Test images in the bin.'),
    accuracy: share('Share of these images that are classified correctly. 0 if the bin is empty.'),
    confidence: share('Mean probability of the predicted class. 0 if the bin is empty.'),
  },
  closed,
);
export type ReliabilityBin = Static<typeof ReliabilityBin>;

const reliability = (description: string) => Type.Optional(Type.Array(ReliabilityBin, { description }));

export const Calibration = Type.Object(
  {
    bins: Type.Integer({
      minimum: 1,
      description: 'Number of bins of equal width over the probability of the predicted class.',
    }),
    expectedCalibrationError: share(
      'Mean difference between accuracy and probability within a bin, over the test images (Guo et al. 2017, arXiv:1706.04599).',
    ),
    temperature: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      description: 'Divisor of the logits for calibrated probabilities. null: not fitted.',
    }),
    fitted: Type.String({ description: 'Images on which the temperature was fitted, or why it was not.' }),
    calibratedError: Type.Union([share('Expected calibration error with the temperature.'), Type.Null()]),
    reliability: reliability('Reliability diagram: accuracy and mean probability of each bin. Absent in older models.'),
    calibratedReliability: reliability(
      'Reliability diagram of the calibrated probabilities. Absent without a temperature, and in older models.',
    ),
  },
  closed,
);
export type Calibration = Static<typeof Calibration>;

/** A misclassified test image. */
export const ConfusedExample = Type.Object(
  {
    image: Type.Integer({ minimum: 0, description: 'Index of the image among the test images.' }),
    path: Type.Optional(
      Type.String({
        description: 'Path of the file in the archive of the data set. Absent if the data set does not know it.',
      }),
    ),
    label: Type.String({ description: 'Class of the image.' }),
    predicted: Type.String({ description: 'Predicted class.' }),
    probability: share('Probability of the predicted class.'),
  },
  closed,
);
export type ConfusedExample = Static<typeof ConfusedExample>;

/** Maximum number of classes for a confusion matrix. With 10,000 classes it would have 100 million numbers. */
export const MAX_MATRIX_CLASSES = 256;
export const MAX_CONFUSED_PAIRS = 1_000;

const ConfusedPair = Type.Object(
  {
    label: Type.String({ description: 'Class of the images.' }),
    predicted: Type.String({ description: 'Predicted class.' }),
    images: count('Number of images.'),
  },
  closed,
);

/** Accuracy with and without the test images that the training has seen. */
export const LeakScores = Type.Object(
  {
    images: count('Test images that the training has seen. `same` and `near` add up to it.'),
    same: count('Those with the same pixels as a training or validation image.'),
    near: count('Those that nearly equal a training or validation image.'),
    accuracy: Type.Union([share('Accuracy on the images that the training has seen.'), Type.Null()], {
      description: 'null: there is none.',
    }),
    others: Type.Object(
      {
        images: count('Test images that are new to the model.'),
        accuracy: Type.Union([share('Accuracy on them.'), Type.Null()], { description: 'null: there is none.' }),
      },
      closed,
    ),
  },
  {
    ...closed,
    description:
      'Accuracy with and without leaks between the splits. Only the training images that the job used count. Absent for built-in data sets, and if an earlier version imported the data set or trained the model.',
  },
);
export type LeakScores = Static<typeof LeakScores>;

/** Content of a model's `evaluation.json`. */
export const Evaluation = Type.Object(
  {
    images: Type.Integer({ minimum: 1, description: 'Number of test images.' }),
    testSplit: Type.Optional(
      Type.Object(
        {
          dataset: Type.String({ description: 'Data set of the test images.' }),
          sha256: Type.String({
            pattern: '^[0-9a-f]{64}$',
            description:
              'Digest of the test images and labels of the data set. It changes if the data set is replaced.',
          }),
        },
        { ...closed, description: 'Origin of the test images. Absent in older models.' },
      ),
    ),
    accuracy: share('Share of the test images classified correctly.'),
    leaks: Type.Optional(LeakScores),
    confusion: Type.Optional(
      Type.Array(Type.Array(count('Images.')), {
        description: `Confusion matrix. Row: class of the image. Column: predicted class. Both in the order of \`classes\`. Absent for more than ${MAX_MATRIX_CLASSES} classes.`,
      }),
    ),
    confusedPairs: Type.Optional(
      Type.Array(ConfusedPair, {
        maxItems: MAX_CONFUSED_PAIRS,
        description: `The most frequent confusions, at most ${MAX_CONFUSED_PAIRS}. Replaces \`confusion\` for more than ${MAX_MATRIX_CLASSES} classes.`,
      }),
    ),
    classes: Type.Array(ClassScores),
    macro: Type.Object(
      {
        precision: share('Mean precision.'),
        recall: share('Mean recall.'),
        f1: share('Mean F1.'),
      },
      {
        ...closed,
        description: 'Means over the classes that occur: that have images or were predicted, as in scikit-learn.',
      },
    ),
    calibration: Calibration,
    confused: Type.Array(ConfusedExample, {
      description: 'The misclassified test images with the highest probability, highest first.',
    }),
  },
  closed,
);
export type Evaluation = Static<typeof Evaluation>;

/** Returns why a model has no evaluation, in one or two sentences. */
export function whyNotEvaluated({ jobId, reason, scores }: Pick<ModelManifest, 'jobId' | 'reason' | 'scores'>): string {
  if (jobId === undefined) return 'It was imported, so its training and test images are unknown.';
  if (reason?.code !== 'kept') return 'It was stored before models had an evaluation. Train it again to get one.';
  const known = scores === undefined ? '' : ` Only its scores of epoch ${scores.epoch} are known.`;
  return `It was saved by a cancelled job, which skips the evaluation.${known}`;
}
