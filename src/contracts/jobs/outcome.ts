/** Results of a job: scores of an epoch, progress, and failures. */
import { type Static, Type } from 'typebox';

const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

/** Failure of a job, or of an attempt: a stable code and a sentence. */
export const Failure = Type.Object(
  {
    code: Type.String({ description: 'Stable code, for programs.' }),
    message: Type.String({ description: 'What happened, as a sentence.' }),
    peakBytes: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Only for `out_of_memory`: highest measured memory of the trainer.' }),
    ),
  },
  { additionalProperties: false },
);
export type Failure = Static<typeof Failure>;

/** Scores of one epoch, as the tutorial's `train_ch5` prints them. */
export const EpochScores = Type.Object(
  {
    epoch: Type.Integer({ minimum: 1 }),
    step: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Steps trained in this epoch. Present if the run stopped within it.' }),
    ),
    trainLoss: Type.Number({ description: 'Mean cross entropy over the training images, in training mode.' }),
    trainAccuracy: share('Share of the training images classified correctly, in training mode.'),
    validationLoss: Type.Optional(
      Type.Number({ description: 'Mean cross entropy over the validation images, in evaluation mode.' }),
    ),
    validationAccuracy: Type.Optional(
      share('Share of the validation images classified correctly, in evaluation mode.'),
    ),
    validationMacroF1: Type.Optional(
      share('Mean F1 over the classes on the validation images. Absent in older frames and without validation images.'),
    ),
    validationBalancedAccuracy: Type.Optional(
      share(
        'Mean recall over the classes on the validation images. Absent in older frames and without validation images.',
      ),
    ),
    validationTop5Accuracy: Type.Optional(
      share(
        'Share of the validation images whose class is among the 5 most probable ones. Only with 6 classes or more.',
      ),
    ),
    testLoss: Type.Number({ description: 'Mean cross entropy over the test images, in evaluation mode.' }),
    testAccuracy: share('Share of the test images classified correctly, in evaluation mode.'),
    testTop5Accuracy: Type.Optional(
      share('Share of the test images whose class is among the 5 most probable ones. Only with 6 classes or more.'),
    ),
  },
  { additionalProperties: false },
);
export type EpochScores = Static<typeof EpochScores>;

/** Progress of a running job. */
export const Progress = Type.Object(
  {
    epoch: Type.Integer({ minimum: 1, description: 'Current epoch, from 1.' }),
    step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
    steps: Type.Integer({ minimum: 1, description: 'Steps of one epoch.' }),
    imagesPerSecond: Type.Optional(Type.Number({ description: 'Recent training rate.' })),
  },
  { additionalProperties: false },
);
export type Progress = Static<typeof Progress>;
