/** Results of a job: scores of an epoch, progress so far, and the reason of a failure. */
import { type Static, Type } from 'typebox';

/** Where a failure is described: a stable code and one sentence. */
export const Failure = Type.Object(
  {
    code: Type.String(),
    message: Type.String(),
    peakBytes: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Of `out_of_memory`: most memory that the trainer was seen to have.' }),
    ),
  },
  { additionalProperties: false },
);
export type Failure = Static<typeof Failure>;

/** Result of one epoch, as the tutorial's `train_ch5` prints it. */
export const EpochScores = Type.Object(
  {
    epoch: Type.Integer({ minimum: 1 }),
    step: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Present where the run ended within the epoch: the steps it was trained.',
      }),
    ),
    trainLoss: Type.Number({ description: 'Mean cross entropy over the training images, in training mode.' }),
    trainAccuracy: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Share of training images classified right, in training mode.',
    }),
    validationLoss: Type.Optional(
      Type.Number({ description: 'Mean cross entropy over the images set aside, in evaluation mode.' }),
    ),
    validationAccuracy: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share of the images set aside classified right, in evaluation mode.',
      }),
    ),
    testLoss: Type.Number({ description: 'Mean cross entropy over the test images, in evaluation mode.' }),
    testAccuracy: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Share of test images classified right, in evaluation mode.',
    }),
  },
  { additionalProperties: false },
);
export type EpochScores = Static<typeof EpochScores>;

/** Where a running job is. */
export const Progress = Type.Object(
  {
    epoch: Type.Integer({ minimum: 1, description: 'The epoch being trained, from 1.' }),
    step: Type.Integer({ minimum: 0, description: 'Steps done in this epoch.' }),
    steps: Type.Integer({ minimum: 1, description: 'Steps of one epoch.' }),
    imagesPerSecond: Type.Optional(Type.Number({ description: 'Training images per second, of late.' })),
  },
  { additionalProperties: false },
);
export type Progress = Static<typeof Progress>;
