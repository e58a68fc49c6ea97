/** Work of a training step, counted in its graph. */
import { describe, expect, it } from 'vitest';
import { type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { countWork } from '../../../src/training/step/step-work.js';
import { buildTrainingGraph } from '../../../src/training/step/training-graph.js';

const image = { height: 28, width: 28, channels: 1 };
const workOf = (request: JobRequest) => countWork(buildTrainingGraph(resolveJob(request), image, 10));

describe('the work of a training step', () => {
  it.each(['resnet', 'densenet'] as const)('is about three times that of scoring: %s', (network) => {
    for (const variant of [undefined, network === 'resnet' ? ('resnet50' as const) : ('densenet121' as const)]) {
      const { step, scoring } = workOf({ network, ...(variant && { networkOptions: { variant } }) } as JobRequest);
      expect(step.perImage / scoring.perImage).toBeGreaterThan(2);
      expect(step.perImage / scoring.perImage).toBeLessThan(4);
    }
  });

  it('counts the multiplications of ResNet-18 at 224 pixels as its authors do', () => {
    const { scoring } = workOf({
      network: 'resnet',
      networkOptions: { variant: 'resnet18' },
      dataset: { resize: 224 },
    });
    // 1.8 billion multiply-adds (arXiv:1512.03385, table 1), and the memory that they move.
    expect(scoring.perImage / 2).toBeGreaterThan(1.75e9);
    expect(scoring.perImage / 2).toBeLessThan(2.4e9);
  });

  it('does not depend on the batch, but on the side of the images', () => {
    const perImage = (change: Partial<JobRequest>) =>
      workOf({ network: 'densenet', dataset: { resize: 64 }, ...change } as JobRequest).step.perImage;
    expect(perImage({ batchSize: 8 })).toBe(perImage({ batchSize: 512 }));
    expect(perImage({ dataset: { resize: 128 } }) / perImage({})).toBeCloseTo(4, 0);
  });

  it('of a micro batch is that of a whole batch, and the sums of its gradients', () => {
    const whole = workOf({ network: 'densenet', batchSize: 64 }).step;
    const micro = workOf({ network: 'densenet', batchSize: 64, microBatchSize: 16 }).step;
    expect(micro.perImage / whole.perImage).toBeCloseTo(1, 1);
  });
});
