/** Phases of a run: their defaults, their places in the run, and what a request with a starting point makes of them. */
import { describe, expect, it } from 'vitest';
import { type JobRequest, resolveJob } from '../../src/contracts/jobs/job.js';
import { phaseAt, runPhases, withEpochs } from '../../src/contracts/jobs/phases.js';
import { withRecipe } from '../../src/contracts/submission/fine-tune-recipe.js';
import { type JobFromRequest, mergeRequest, specAfterChanges } from '../../src/contracts/submission/job-from.js';

const request: JobRequest = {
  network: 'resnet',
  optimizer: { name: 'sgd', learningRate: 0.1 },
  schedule: 'cosine',
  dataset: { name: 'synthetic', resize: 32, trainSamples: 100, testSamples: 10 },
  ...{ batchSize: 10, layerDecay: 0.5, batchNorm: 'frozen' },
  phases: [
    { epochs: 2, freeze: 'backbone', resize: 16 },
    { epochs: 3, learningRate: 0.01, schedule: { name: 'one-cycle', peakAt: 0.2 }, batchNorm: 'trained' },
  ],
};
const spec = resolveJob(request);

describe('a spec', () => {
  it('has only the fine-tuning options that differ from the defaults', () => {
    const plain = resolveJob({ network: 'resnet', freeze: null, headRate: 1, layerDecay: 1, batchNorm: 'trained' });
    expect(plain).toEqual(resolveJob({ network: 'resnet' }));
    expect(resolveJob({ network: 'resnet', freeze: 'backbone', headRate: 10 })).toMatchObject({
      freeze: 'backbone',
      headRate: 10,
    });
  });

  it('has every option of each phase, by default that of the job, and the sum of their epochs', () => {
    expect(spec).toMatchObject({ epochs: 5 });
    expect(spec).not.toHaveProperty('layerDecay');
    const cosine = { name: 'cosine', finalFactor: 0, warmupEpochs: 0 };
    const cycle = { name: 'one-cycle', peakAt: 0.2, startFactor: 1 / 25, finalFactor: 1 / 25e4 };
    const tuning = { headRate: 1, layerDecay: 0.5 };
    expect(spec.phases).toEqual([
      {
        epochs: 2,
        learningRate: 0.1,
        schedule: cosine,
        resize: 16,
        freeze: 'backbone',
        batchNorm: 'frozen',
        ...tuning,
      },
      { epochs: 3, learningRate: 0.01, schedule: cycle, resize: 32, freeze: null, batchNorm: 'trained', ...tuning },
    ]);
    expect(resolveJob({ ...spec } as JobRequest)).toMatchObject({ epochs: 5, phases: spec.phases });
  });
});

describe('the phases of a run', () => {
  it('follow one another, and the last takes what a change of the epochs adds or removes', () => {
    const places = (epochs?: number) => runPhases(spec, epochs).map((phase) => [phase.before, phase.epochs]);
    expect(places()).toEqual([
      [0, 2],
      [2, 3],
    ]);
    expect(places(9)[1]).toEqual([2, 7]);
    expect(places(1)).toEqual([
      [0, 2],
      [2, 1],
    ]);
    expect([1, 2, 3, 5, 6].map((epoch) => phaseAt(spec, epoch).index)).toEqual([0, 0, 1, 1, 1]);
    expect(runPhases(resolveJob({ network: 'resnet', epochs: 4 }))).toEqual([
      { index: 0, before: 0, epochs: 4, learningRate: 0.001, schedule: { name: 'constant', warmupEpochs: 0 } },
    ]);
    expect(withEpochs(spec.phases ?? [], 2)).toBeUndefined();
    expect(withEpochs(spec.phases ?? [], 3)?.map(({ epochs }) => epochs)).toEqual([2, 1]);
  });
});

describe('a request with a starting point', () => {
  const merged = (body: object) => resolveJob(mergeRequest({ from: { job: 'a' }, ...body } as JobFromRequest, spec));

  it('continues in the same phases, and epochs go to the last one', () => {
    expect(merged({})).toMatchObject({ epochs: 5, phases: spec.phases });
    expect(merged({ epochs: 9 }).phases?.map(({ epochs }) => epochs)).toEqual([2, 7]);
    const over = merged({ optimizer: { learningRate: 0.2 }, layerDecay: 1 });
    expect(over.phases?.map(({ learningRate, layerDecay }) => [learningRate, layerDecay])).toEqual([
      [0.2, 1],
      [0.2, 1],
    ]);
    expect(merged({ phases: [{ epochs: 7 }] })).toMatchObject({ epochs: 7, phases: [{ epochs: 7, freeze: null }] });
  });

  it('begins a new run without the phases and frozen layers of the other', () => {
    const tuned = { ...spec, freeze: 'backbone' };
    const fresh = resolveJob(mergeRequest({ from: { job: 'a', mode: 'fine-tune' } }, tuned));
    expect(fresh).toMatchObject({ epochs: 5, optimizer: { learningRate: 0.1 } });
    for (const field of ['phases', 'freeze']) expect(fresh).not.toHaveProperty(field);
  });

  it('continues with the values that changes have set in each phase', () => {
    const changed = specAfterChanges(spec, [
      { step: 5, to: { learningRate: 0.3 } },
      { step: 20, to: { learningRate: 0.03, epochs: 8 } },
    ]);
    expect(changed).toMatchObject({ epochs: 8 });
    expect(changed.phases?.map(({ epochs, learningRate }) => [epochs, learningRate])).toEqual([
      [2, 0.3],
      [6, 0.03],
    ]);
  });
});

describe('the recipe fine-tune', () => {
  const normalization = { mean: [0.5], std: [0.2] };
  const expand = (body: Partial<JobFromRequest>) =>
    resolveJob(mergeRequest(withRecipe({ from: { model: 'a', recipe: 'fine-tune' }, ...body }, normalization), spec));

  it('trains the head alone first, then all layers at discriminative rates', () => {
    const { phases, ...job } = expand({});
    expect(job).toMatchObject({
      ...{ epochs: 10, batchSize: 64, microBatchSize: 64, normalization, emaDecay: null, maxSeconds: null },
      optimizer: { name: 'adamw', learningRate: 0.002, weightDecay: 0.01 },
    });
    expect(phases).toMatchObject([
      {
        epochs: 2,
        learningRate: 0.002,
        freeze: 'backbone',
        batchNorm: 'frozen',
        layerDecay: 1,
        schedule: { name: 'cosine' },
      },
      {
        epochs: 8,
        learningRate: 0.001,
        freeze: null,
        batchNorm: 'trained',
        layerDecay: 0.75,
        schedule: { name: 'cosine' },
      },
    ]);
  });

  it('takes what the request names', () => {
    const body = {
      epochs: 3,
      batchSize: 16,
      optimizer: { name: 'sgd', learningRate: 0.2 },
      schedule: 'one-cycle',
      dataset: { resize: 24 },
      normalization: 'none',
    } as const;
    const job = expand(body);
    expect(job).toMatchObject({
      epochs: 3,
      batchSize: 16,
      microBatchSize: 16,
      optimizer: { name: 'sgd' },
      normalization: 'none',
    });
    expect(job.phases).toMatchObject([
      { epochs: 1, learningRate: 0.2, schedule: { name: 'one-cycle' }, resize: 24 },
      { epochs: 2, learningRate: 0.1, schedule: { name: 'one-cycle' }, resize: 24 },
    ]);
  });
});
