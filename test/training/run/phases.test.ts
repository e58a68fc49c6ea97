/** Runs with phases: what each phase trains, at which rates, and that an interruption anywhere changes no bit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StepEvent } from '../../../src/contracts/jobs/frame.js';
import { type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { learningRateCurve } from '../../../src/training/step/learning-rate-curve.js';
import { planTrainingMemory } from '../../../src/training/step/training-memory.js';
import { runJob, stopAfter } from '../../support/runs.js';

/** 4 steps an epoch: two epochs of the head, one up to a layer at another size, one of everything. */
const phased: JobRequest = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1, 1], dropRate: 0.2 },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 96, testSamples: 16, validationSamples: 16 },
  ...{ batchSize: 20, microBatchSize: 10, stepInterval: 1, seed: 3, emaDecay: 0.9 },
  augmentation: { flip: true },
  optimizer: { name: 'adamw', weightDecay: 0.01, learningRate: 0.01 },
  phases: [
    { epochs: 2, freeze: 'backbone', batchNorm: 'frozen', schedule: { name: 'cosine', warmupEpochs: 0.5 } },
    { epochs: 1, freeze: 'resnet_block1', resize: 12, learningRate: 0.004 },
    { epochs: 1, learningRate: 0.002, headRate: 5, layerDecay: 0.5 },
  ],
};

let checkpointsDir: string;
beforeEach(async () => {
  checkpointsDir = await mkdtemp(join(tmpdir(), 'trainyard-phases-'));
});
afterEach(() => rm(checkpointsDir, { recursive: true, force: true }));

const run = (request: JobRequest, attempt = 1, until = Number.POSITIVE_INFINITY) =>
  runJob(request, { checkpointsDir, attempt, on: stopAfter(until) });
const stepsOf = (events: readonly object[]) => events.filter((event): event is StepEvent => 'steps' in event);

describe('a run with phases', () => {
  it.each([
    ['in each phase', [2, 7, 10, 14]],
    ['at every border between phases', [8, 12]],
    ['right before and after a border', [7, 8, 9]],
    ['when only the last epoch is left to be scored', [16]],
  ])('has the same numbers and events if it is interrupted %s', async (_, cuts) => {
    const whole = await run(phased);
    expect(whole.events).toHaveLength(4 * 4 + 4);
    await rm(checkpointsDir, { recursive: true });
    for (const [i, cut] of cuts.entries()) await run(phased, i + 1, cut);
    const { events, digest, state } = await run(phased, cuts.length + 1);
    expect({ events, digest, state }).toEqual({ events: whole.events, digest: whole.digest, state: whole.state });
  });

  it('names the phase in its frames, and has the learning rates that the plan shows', async () => {
    const { told } = await run(phased);
    const steps = stepsOf(told);
    expect(steps.map(({ phase }) => phase)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    expect(told.flatMap((event) => (event.type === 'epoch' ? [event.phase] : []))).toEqual([1, 1, 2, 3]);
    expect(steps.map(({ learningRate }) => learningRate)).toEqual(
      learningRateCurve(resolveJob(phased)).map(({ value }) => value),
    );
    expect(steps.map(({ learningRate }) => learningRate).slice(8)).toEqual([
      ...Array(4).fill(0.004),
      ...Array(4).fill(0.002),
    ]);
  });

  it('applies a change of the learning rate to the end of its phase, and one of the epochs to the last phase', async () => {
    const changes = [
      { step: 2, to: { learningRate: 0.5 } },
      { step: 9, to: { learningRate: 0.25 } },
      { step: 13, to: { epochs: 5 } },
    ];
    const { told } = await runJob(phased, {
      checkpointsDir,
      changes: changes.map((change, i) => ({ number: i + 1, ...change })),
    });
    const rates = stepsOf(told).map(({ learningRate }) => learningRate);
    expect(rates.slice(8)).toEqual([0.004, 0.25, 0.25, 0.25, ...Array(8).fill(0.002)]);
    expect(rates.slice(2, 8).every((rate) => rate > 0.01)).toBe(true);
    expect(rates).toEqual(learningRateCurve(resolveJob(phased), changes).map(({ value }) => value));
    expect(told.flatMap((event) => (event.type === 'change' ? [event.from] : []))).toEqual([
      { learningRate: 0.01 },
      { learningRate: 0.004 },
      { epochs: 4 },
    ]);
    await rm(checkpointsDir, { recursive: true });
    const cut = { checkpointsDir, changes: changes.map((change, i) => ({ number: i + 1, ...change })) };
    await runJob(phased, { ...cut, on: stopAfter(10) });
    expect(
      stepsOf((await runJob(phased, { ...cut, attempt: 2 })).told).map(({ learningRate }) => learningRate),
    ).toEqual(rates);
  });

  it('equals a run without phases if it has one that says the same', async () => {
    const { phases: _, ...plain } = phased;
    const one = await run({ ...plain, epochs: 2, freeze: 'backbone' });
    await rm(checkpointsDir, { recursive: true });
    const other = await run({ ...plain, phases: [{ epochs: 2, freeze: 'backbone' }] });
    expect([other.digest, other.state]).toEqual([one.digest, one.state]);
  });

  it('keeps the weights of the best epoch by macro-F1, whichever phase it is in, and needs no patience for it', async () => {
    const { final, known, told } = await run({
      ...phased,
      earlyStopping: { metric: 'validationMacroF1', patience: null },
    });
    const scores = told.flatMap((event) => (event.type === 'epoch' ? [event.validationMacroF1 ?? 0] : []));
    expect(scores).toHaveLength(4);
    expect(final?.steps).toBe(4 * (scores.indexOf(Math.max(...scores)) + 1));
    expect(final?.steps).toBe(known?.best?.steps);
  });
});

describe('the plan of a run with phases', () => {
  const IMAGE = { height: 28, width: 28, channels: 1 };
  const planOf = (request: object) => planTrainingMemory(resolveJob(request as JobRequest), IMAGE, 10);
  const { phases = [], ...plain } = phased;

  it('has the memory of its largest phase, and the work of each and of the mean epoch', () => {
    const alone = phases.map(({ epochs, ...phase }) => planOf({ ...plain, phases: [{ ...phase, epochs }] }));
    const all = planOf(phased);
    const [first, second, third] = alone.map(({ work }) => work.step.perImage) as [number, number, number];
    expect(all.at(10)).toEqual(alone.map((plan) => plan.at(10)).sort((a, b) => b.totalBytes - a.totalBytes)[0]);
    expect(all.work.step.perImage).toBeCloseTo((2 * first + second + third) / 4, -2);
    expect(all.work.phases).toEqual(alone.map(({ work }) => work.step));
    for (const part of [first, second]) expect(part).toBeLessThan(third);
    expect(all.largestBatch(1e9)).toBe(Math.min(...alone.map((plan) => plan.largestBatch(1e9))));
  });
});
