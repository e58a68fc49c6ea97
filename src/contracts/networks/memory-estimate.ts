/** The memory contract: what a training run needs, part by part. */
import { type Static, Type } from 'typebox';

const bytes = (description: string) => Type.Integer({ minimum: 0, description });

export const TrainingMemory = Type.Object(
  {
    parametersBytes: bytes('Parameters and running values.'),
    slotsBytes: bytes('What the optimizer keeps per parameter, running averages, and sums of gradients.'),
    activationsBytes: bytes('Most that lives at once in a step: activations, gradients, and room to work in.'),
    baseBytes: bytes(
      'The process itself, the images of the data set, and copies of the weights for kernels and where they are saved.',
    ),
    totalBytes: bytes('All of these: the peak of the trainer’s resident memory, within about a quarter.'),
  },
  { additionalProperties: false },
);
export type TrainingMemory = Static<typeof TrainingMemory>;
