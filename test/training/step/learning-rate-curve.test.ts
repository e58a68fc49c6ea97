/** Learning rate of a whole run, as plans sample it. */
import { describe, expect, it } from 'vitest';
import { type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { learningRateCurve } from '../../../src/training/step/learning-rate-curve.js';
import { learningRateAt } from '../../../src/training/step/schedule.js';

const specOf = (request: Partial<JobRequest>) =>
  resolveJob({
    network: 'resnet',
    dataset: { trainSamples: 10_000 },
    batchSize: 10,
    epochs: 30,
    ...request,
  } as JobRequest);

describe('the curve of the learning rate', () => {
  it.each([
    { name: 'constant', warmupEpochs: 2 },
    { name: 'cosine', warmupEpochs: 0.5 },
    { name: 'one-cycle', peakAt: 0.3 },
    { name: 'step', every: 7, factor: 0.1 },
    { name: 'multi-step', epochs: [10, 20, 25], factor: 0.1 },
  ] as const)('has at most 200 steps of %j, with the values of the schedule', (schedule) => {
    const spec = specOf({ schedule: structuredClone(schedule) as NonNullable<JobRequest['schedule']> });
    const curve = learningRateCurve(spec);
    const steps = curve.map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(100);
    expect(steps.length).toBeLessThanOrEqual(200);
    expect([steps[0], steps.at(-1)]).toEqual([1, 30_000]);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    for (const { step, value } of curve)
      expect(value).toBe(learningRateAt(spec.schedule, 0.001, { step, steps: 1_000, epochs: 30 }));
  });

  it('has both sides of each jump', () => {
    const schedule = { name: 'multi-step', epochs: [10, 20], factor: 0.1 } as const;
    const curve = learningRateCurve(specOf({ schedule: { ...schedule, epochs: [10, 20] } }));
    const at = new Map(curve.map(({ step, value }) => [step, value]));
    expect([at.get(10_000), at.get(10_001)]).toEqual([0.001, expect.closeTo(0.0001, 12)]);
    expect([at.get(20_000), at.get(20_001)]).toEqual([expect.closeTo(0.0001, 12), expect.closeTo(0.00001, 12)]);
  });

  it('applies planned changes from the step after theirs, and ends with the changed number of epochs', () => {
    const curve = learningRateCurve(specOf({}), [
      { step: 500, to: { learningRate: 0.5 } },
      { step: 900, to: { epochs: 2 } },
    ]);
    const at = new Map(curve.map(({ step, value }) => [step, value]));
    expect([at.get(500), at.get(501)]).toEqual([0.001, 0.5]);
    expect(curve.at(-1)?.step).toBe(2_000);
  });

  it('has at most 200 points with a thousand changes', () => {
    const changes = Array.from({ length: 1_000 }, (_, i) => ({ step: 10 * i, to: { learningRate: 0.1 } }));
    expect(learningRateCurve(specOf({}), changes).length).toBeLessThanOrEqual(200);
  });
});
