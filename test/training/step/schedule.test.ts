/** Learning rate schedules against torch.optim.lr_scheduler (bench/reference/write_schedules.py, `npm run reference`). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveSchedule, type ScheduleRequest } from '../../../src/contracts/training/training-options.js';
import { learningRateAt } from '../../../src/training/step/schedule.js';

type Golden = Readonly<{
  peak: number;
  epochs: number;
  steps: number;
  cases: Readonly<Record<string, Readonly<{ schedule: ScheduleRequest; learningRates: readonly number[] }>>>;
}>;

const golden: Golden = JSON.parse(readFileSync(new URL('../../golden/schedules.json', import.meta.url), 'utf8'));

/** Learning rates of a whole run, relative to the peak. */
function factors(request: ScheduleRequest, epochs: number, steps: number): number[] {
  const schedule = resolveSchedule(request);
  return Array.from({ length: epochs * steps }, (_, i) => learningRateAt(schedule, 1, { step: i + 1, steps, epochs }));
}

describe('the learning rate', () => {
  it.each(Object.entries(golden.cases))("equals PyTorch's at every step: %s", (_, { schedule, learningRates }) => {
    const found = factors(schedule, golden.epochs, golden.steps);
    expect(found).toHaveLength(learningRates.length);
    for (const [i, rate] of learningRates.entries()) {
      expect(golden.peak * (found[i] ?? Number.NaN), `step ${i + 1}`).toBeCloseTo(rate, 8);
    }
  });

  it('stays the same in a constant schedule', () => {
    expect(new Set(factors({ name: 'constant' }, 3, 4))).toEqual(new Set([1]));
  });

  it('starts, peaks and ends at the factors of one-cycle', () => {
    const found = factors({ name: 'one-cycle', peakAt: 0.25, startFactor: 0.1, finalFactor: 0 }, 4, 10);
    expect(found[0]).toBeCloseTo(0.1, 12);
    expect(found[9]).toBeCloseTo(1, 12); // the last step of the first quarter
    expect(Math.max(...found)).toBe(found[9]);
    expect(found.at(-1)).toBeCloseTo(0, 12);
  });

  it('is finite for every run of 3 steps or more, wherever the peak lies', () => {
    for (const peakAt of [0.001, 1 / 3, 0.5, 0.999]) {
      for (const steps of [3, 10]) {
        const found = factors({ name: 'one-cycle', peakAt, startFactor: 0.1, finalFactor: 0 }, 1, steps);
        expect(found.every((factor) => factor >= 0 && factor <= 1)).toBe(true);
      }
    }
  });

  it('rises to the end if the whole run is warm-up', () => {
    for (const name of ['constant', 'cosine'] as const) {
      expect(factors({ name, warmupEpochs: 2 }, 2, 2)).toEqual([0.25, 0.5, 0.75, 1]);
    }
  });
});
