/** Random numbers of a step depend on the seed, the step and the micro batch alone, so runs are reproducible to the bit. */
import { describe, expect, it } from 'vitest';
import { type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { loadDataset } from '../../../src/datasets/index.js';
import type { TrainingBatch } from '../../../src/training/step/batches.js';
import { batches } from '../../../src/training/step/batches.js';
import { openProgram } from '../../../src/training/step/program.js';

const dataset = { name: 'synthetic', resize: 29, trainSamples: 12, testSamples: 4, validationSamples: 0 } as const;
const data = await loadDataset(dataset, 0, { datasetsDir: '' });
const [batch] = [...batches(data.train, 12)] as [TrainingBatch];
const augmentation = { crop: 3, flip: true, erasing: 0.5, cutout: 6, mixup: 0.4 };

/** Losses of the steps with these numbers on one batch, at a learning rate that changes no weight. */
function lossesOf(
  steps: readonly number[],
  change: Partial<Omit<JobRequest, 'network' | 'networkOptions'>> = {},
): number[] {
  const still = { optimizer: { name: 'sgd', learningRate: 1e-12 } } as const;
  const spec = resolveJob({ network: 'densenet', dataset, batchSize: 12, augmentation, ...still, ...change });
  const program = openProgram(spec, data.info, data.info.classes.length);
  try {
    return steps.map((step) => program.train(batch, step).loss);
  } finally {
    program.close();
  }
}

describe('a step that draws random numbers', () => {
  it('draws the same numbers at the same step of the same seed, with micro batches too', () => {
    for (const change of [{}, { microBatchSize: 4 }]) {
      const losses = lossesOf([1, 2, 3], change);
      expect(lossesOf([1, 2, 3], change)).toEqual(losses);
      expect(lossesOf([3, 2, 1], change)).toEqual(losses.toReversed()); // the losses do not depend on the steps before
      expect(new Set(losses).size).toBe(3);
    }
  });

  it('draws other numbers for each micro batch', () => {
    const twice = (images: Uint8Array, labels: Int32Array): TrainingBatch => ({
      images: Buffer.concat([images, images]),
      labels: Int32Array.of(...labels, ...labels),
    });
    const half = twice(batch.images.subarray(0, batch.images.length / 2), batch.labels.subarray(0, 6));
    const spec = resolveJob({ network: 'densenet', dataset, batchSize: 12, microBatchSize: 6, augmentation });
    const program = openProgram({ ...spec, optimizer: { ...spec.optimizer, learningRate: 1e-12 } }, data.info, 10);
    const first = { images: half.images.subarray(0, half.images.length / 2), labels: half.labels.subarray(0, 6) };
    const [alone, both] = [program.train(first, 1).loss, program.train(half, 1).loss];
    program.close();
    expect(Math.abs(both - alone)).toBeGreaterThan(1e-4); // they would be equal if both micro batches were cropped and mirrored alike
  });

  it('does not change the images of an evaluation', () => {
    const spec = { network: 'densenet', dataset, batchSize: 12 } as const;
    const scores = [{}, { augmentation }].map((change) => {
      const program = openProgram(resolveJob({ ...spec, ...change }), data.info, 10);
      const score = program.evaluate(batch);
      program.close();
      return score;
    });
    expect(scores[0]).toEqual(scores[1]);
  });
});
