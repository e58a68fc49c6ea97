/** When a run ends, and which values hold at a step: pure functions, against what Keras's EarlyStopping does by hand. */
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
    ['none where each is better', [0.5, 0.4, 0.3], {}, 0],
    ['all since the best', [0.5, 0.3, 0.4, 0.31], {}, 2],
    ['an equal one among them', [0.3, 0.3], {}, 1],
    ['one that is better by too little among them', [0.5, 0.45, 0.44], { minDelta: 0.1 }, 2],
    // Small steps add up: the reference is the last score that was an improvement.
    ['none where small steps have added up', [0.5, 0.45, 0.39], { minDelta: 0.1 }, 0],
    ['by the accuracy the other way round', [0.5, 0.3, 0.4], { metric: 'validationAccuracy' }, 1],
    ['none before the first score', [], {}, 0],
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
  it('ends after its last epoch, before that by its scores between two epochs, and by the clock anywhere', () => {
    const now = initialLiveValues(spec);
    const ending = (change: Partial<typeof place>, tuning = now) =>
      stopReasonAt({ ...place, ...change }, tuning, spec.earlyStopping)?.code;
    expect(ending({})).toBe('early_stopping');
    expect(ending({ step: 1 })).toBeUndefined();
    expect(ending({}, { ...now, patience: 3 })).toBeUndefined();
    expect(ending({ epoch: 7 })).toBe('epochs');
    expect(ending({ step: 1, seconds: 100 })).toBe('max_seconds');
    expect(ending({ step: 1, seconds: 1e9 }, { ...now, maxSeconds: null })).toBeUndefined();
  });

  it('says why in a sentence with the figures', () => {
    const of = (change: Partial<typeof place>) =>
      stopReasonAt({ ...place, ...change }, initialLiveValues(spec), spec.earlyStopping)?.message;
    expect(of({})).toBe('For 2 epochs the validationLoss has not improved on 0.5000.');
    expect(of({ epoch: 7 })).toBe('All 6 epochs were trained.');
    expect(of({ step: 3, seconds: 100 })).toBe(
      'The limit of 100 seconds of training was reached after step 3 of epoch 4.',
    );
  });
});

describe('changes of a run', () => {
  it('take effect in the order of their numbers, those with a step at it, and those without wait for none', () => {
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
    // Where the run did not stop at their steps, they take effect together.
    expect(tuning.applyDue(6, 1)).toEqual([
      { type: 'change', number: 1, step: 6, from: { learningRate: 0.125 }, to: { learningRate: 0.5 } },
      { type: 'change', number: 3, step: 6, from: { maxSeconds: 100 }, to: { maxSeconds: null } },
    ]);
    expect(tuning.applyDue(7, 1)).toEqual([]);
    expect(tuning.current()).toEqual({ learningRate: 0.5, epochs: 6, patience: 9, maxSeconds: null });
  });

  it('that the state has behind it hold and are not taken again, those before them in number are', () => {
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

  it('take back no epoch that has begun', () => {
    const tuning = createLiveChanges(spec, { requested: [{ number: 1, to: { epochs: 2 } }] });
    expect(tuning.applyDue(30, 4)).toMatchObject([{ from: { epochs: 6 }, to: { epochs: 4 } }]);
    expect(tuning.current().epochs).toBe(4);
  });
});
