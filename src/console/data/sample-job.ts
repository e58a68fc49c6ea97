/** The job of the first card: trains in about 20 seconds on two CPU cores. `npm start` prints the same one. */
import type { JobSubmission } from 'trainyard';

export const SAMPLE_JOB = {
  name: 'first',
  network: 'resnet',
  networkOptions: { stem: 'small', width: 16, blocks: [1, 1, 1] },
  dataset: { resize: 28, trainSamples: 10_000, testSamples: 2_000 },
  epochs: 2,
} as const satisfies JobSubmission;
