/** Stop conditions and live values as pure functions, against the results of Keras's EarlyStopping worked out by hand. */
import { describe, expect, it } from 'vitest';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import type { EpochScores } from '../../../src/contracts/jobs/outcome.js';
import { type EarlyStoppingSpec, resolveEarlyStopping } from '../../../src/contracts/training/training-options.js';
import { createLiveChanges, initialLiveValues } from '../../../src/training/run/live-changes.js';
import { lastImprovement, stopReasonAt } from '../../../src/training/run/stop-conditions.js';

const scored = (losses: readonly number[]): EpochScores[] =>
  losses.map((validationLoss, i) => ({
    ...{ epoch: i + 1, trainLoss: 0, trainAccuracy: 0, testLoss: -i, testAccuracy: 0 },
    ...{ validationLoss, validationAccuracy: 1 - validationLoss },
  }));
const watching = (change: Partial<EarlyStoppingSpec> = {}) => resolveEarlyStopping(change) as EarlyStoppingSpec;

describe('epochs without an improvement', () => {
  it.each([
    ['0 if each is better', [0.5, 0.4, 0.3], {}, 0],
    ['counted since the best', [0.5, 0.3, 0.4, 0.31], {}, 2],
    ['counted if the score is equal', [0.3, 0.3], {}, 1],
    ['counted if the improvement is too small', [0.5, 0.45, 0.44], { minDelta: 0.1 }, 2],
    // Small improvements add up: the reference is the last score that improved by more than minDelta.
    ['0 if small improvements have added up', [0.5, 0.45, 0.39], { minDelta: 0.1 }, 0],
    ['counted in the other direction for an accuracy', [0.5, 0.3, 0.4], { metric: 'validationAccuracy' }, 1],
    ['0 before the first score', [], {}, 0],
  ] as const)('are %s', (_, losses, change, waited) => {
    expect(lastImprovement(scored(losses), watching(change)).waited).toBe(waited);
  });
});

const spec = resolveJob({
  network: 'resnet',
  epochs: 6,
  maxSeconds: 100,
  earlyStopping: { patience: 2 },
  dataset: { validationSamples: 100 },
});
const place = { epoch: 4, step: 0, seconds: 50, scores: scored([0.5, 0.6, 0.7]) };

describe('a run', () => {
  it('ends after its last epoch, by early stopping between epochs, or by the time limit after any step', () => {
    const now = initialLiveValues(spec);
    const ending = (change: Partial<typeof place>, tuning = now) =>
      stopReasonAt({ ...place, ...change }, tuning, spec.earlyStopping)?.code;
    expect(ending({})).toBe('early_stopping');
    expect(ending({ step: 1 })).toBeUndefined();
    expect(ending({}, { ...now, patience: 3 })).toBeUndefined();
    expect(ending({}, { ...now, patience: null })).toBeUndefined();
    expect(ending({ epoch: 7 })).toBe('epochs');
    expect(ending({ step: 1, seconds: 100 })).toBe('max_seconds');
    expect(ending({ step: 1, seconds: 1e9 }, { ...now, maxSeconds: null })).toBeUndefined();
  });

  it('gives the reason in a sentence with the figures', () => {
    const of = (change: Partial<typeof place>) =>
      stopReasonAt({ ...place, ...change }, initialLiveValues(spec), spec.earlyStopping)?.message;
    expect(of({})).toBe('For 2 epochs the validationLoss has not improved on 0.5000.');
    expect(of({ epoch: 7 })).toBe('All 6 epochs were trained.');
    expect(of({ step: 3, seconds: 100 })).toBe(
      'The limit of 100 seconds of training was reached after step 3 of epoch 4.',
    );
  });
});

describe('live changes', () => {
  it('take effect in the order of their numbers, and do not wait for planned ones', () => {
    const tuning = createLiveChanges(spec, {
      requested: [
        { number: 1, step: 5, to: { learningRate: 0.5 } },
        { number: 2, to: { learningRate: 0.25, patience: 9 } },
      ],
    });
    tuning.add({ number: 2, to: { learningRate: 99 } });
    tuning.add({ number: 3, step: 4, to: { maxSeconds: null } });
    tuning.add({ number: 4, to: { learningRate: 0.125 } });
    expect(tuning.applyDue(3, 1)).toEqual([
      {
        ...{ type: 'change', number: 2, step: 3 },
        ...{ from: { learningRate: 0.001, patience: 2 }, to: { learningRate: 0.25, patience: 9 } },
      },
      { type: 'change', number: 4, step: 3, from: { learningRate: 0.25 }, to: { learningRate: 0.125 } },
    ]);
    // The run did not pause at their steps, so they take effect together.
    expect(tuning.applyDue(6, 1)).toEqual([
      { type: 'change', number: 1, step: 6, from: { learningRate: 0.125 }, to: { learningRate: 0.5 } },
      { type: 'change', number: 3, step: 6, from: { maxSeconds: 100 }, to: { maxSeconds: null } },
    ]);
    expect(tuning.applyDue(7, 1)).toEqual([]);
    expect(tuning.current()).toEqual({ learningRate: 0.5, epochs: 6, patience: 9, maxSeconds: null });
  });

  it('are not applied twice after a resume, and pending ones still are', () => {
    const applied = [{ number: 2, step: 2, from: { epochs: 6 }, to: { epochs: 8 } }];
    const requested = [
      { number: 1, step: 9, to: { learningRate: 0.5 } },
      { number: 2, to: { epochs: 8 } },
    ];
    const tuning = createLiveChanges(spec, { requested, applied });
    expect(tuning.current().epochs).toBe(8);
    expect(tuning.applyDue(8, 2)).toEqual([]);
    expect(tuning.applyDue(9, 2)).toMatchObject([{ number: 1, to: { learningRate: 0.5 } }]);
  });

  it('do not take back an epoch that has begun', () => {
    const tuning = createLiveChanges(spec, { requested: [{ number: 1, to: { epochs: 2 } }] });
    expect(tuning.applyDue(30, 4)).toMatchObject([{ from: { epochs: 6 }, to: { epochs: 4 } }]);
    expect(tuning.current().epochs).toBe(4);
  });
});
