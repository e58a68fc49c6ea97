/** Estimated memory of a training run, by part. */
import { type Static, Type } from 'typebox';

const bytes = (description: string) => Type.Integer({ minimum: 0, description });

export const TrainingMemory = Type.Object(
  {
    parametersBytes: bytes('Parameters and running statistics.'),
    slotsBytes: bytes('Optimizer slots, averages of the weights, and accumulated gradients.'),
    activationsBytes: bytes('Peak memory within a step: activations, gradients and workspace.'),
    baseBytes: bytes(
      'The process itself, the images of the data set, and copies of the weights for kernels and for saving.',
    ),
    totalBytes: bytes('Sum of the parts: peak resident memory of the trainer, accurate to about 25 %.'),
  },
  { additionalProperties: false },
);
export type TrainingMemory = Static<typeof TrainingMemory>;
