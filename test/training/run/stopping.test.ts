/** Runs that stop before their last epoch or have live changes: their final weights, reproducible to the bit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobRequest } from '../../../src/contracts/jobs/job.js';
import type { LiveChange } from '../../../src/contracts/jobs/live-change.js';
import { restoreFinalWeights } from '../../../src/training/result/final-weights.js';
import { type Run, type RunOptions, runJob, stopAfter, timeless } from '../../support/runs.js';

/** Six steps per epoch. The large learning rate makes the scores rise and fall. */
const request = {
  network: 'resnet',
  networkOptions: { width: 8, blocks: [1] },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 120, testSamples: 20, validationSamples: 24 },
  batchSize: 16,
  epochs: 8,
  stepInterval: 1,
  seed: 3,
  emaDecay: 0.9,
  optimizer: { name: 'adam', learningRate: 0.05 },
  earlyStopping: { metric: 'validationLoss', patience: 2 },
} as const satisfies JobRequest;
const STEPS = 6;
const { earlyStopping: _, ...unwatched } = request;

let checkpointsDir: string;
beforeEach(async () => {
  checkpointsDir = await mkdtemp(join(tmpdir(), 'trainyard-endings-'));
});
afterEach(() => rm(checkpointsDir, { recursive: true, force: true }));
const anew = () => rm(checkpointsDir, { recursive: true, force: true });

const run = (requested: JobRequest, options: Omit<RunOptions, 'checkpointsDir'> = {}): Promise<Run> =>
  runJob(requested, { checkpointsDir, ...options });
/** The same run in several attempts: each is stopped at its number of steps, the last one is not. */
async function inAttempts(
  requested: JobRequest,
  cuts: readonly number[],
  changes?: readonly LiveChange[],
): Promise<Run> {
  await anew();
  const options = changes ? { changes } : {};
  for (const [i, cut] of cuts.entries()) await run(requested, { attempt: i + 1, on: stopAfter(cut), ...options });
  return run(requested, { attempt: cuts.length + 1, ...options });
}
const epochsOf = ({ events }: Run) =>
  events.flatMap((event) => ('validationLoss' in event ? [event as { epoch: number; validationLoss: number }] : []));

describe('early stopping', () => {
  it('ends the run when the validation score stagnates, and saves the weights of the best epoch', async () => {
    const stopped = await run(request);
    const losses = epochsOf(stopped).map(({ validationLoss }) => validationLoss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(losses).toHaveLength(best + 2);
    expect(losses.length).toBeLessThan(8);
    expect(stopped.ending).toMatchObject({ code: 'early_stopping', message: expect.stringMatching(/^For 2 epochs/) });
    expect(stopped.final).toMatchObject({
      scores: { epoch: best },
      steps: best * STEPS,
      sentence: expect.stringMatching(`of epoch ${best}, the best of ${best + 2} by its validationLoss`),
    });
    expect(stopped.final?.digest).not.toBe(stopped.digest);
    await anew();
    const shorter = await run({ ...unwatched, epochs: best });
    expect(stopped.final?.digest).toBe(shorter.digest);
  });

  it('decides as in an uninterrupted run, also if interrupted after the deciding epoch', async () => {
    const whole = await run(request);
    const last = whole.known?.steps ?? 0;
    for (const cuts of [
      [STEPS - 1, 2 * STEPS],
      [last - 2, last],
    ]) {
      const resumed = await inAttempts(request, cuts);
      expect(resumed.ending).toEqual(whole.ending);
      expect(resumed.final).toEqual(whole.final);
      expect(resumed.events).toEqual(whole.events);
    }
  });

  it('saves the best epoch also of a run that ends with its last epoch', async () => {
    const whole = await run({ ...request, epochs: 3, earlyStopping: { ...request.earlyStopping, patience: 9 } });
    const losses = epochsOf(whole).map(({ validationLoss }) => validationLoss);
    expect(whole.ending?.code).toBe('epochs');
    expect(whole.final?.scores.epoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    await anew();
    expect((await run({ ...unwatched, epochs: 3 })).final).toMatchObject({ scores: { epoch: 3 }, steps: 3 * STEPS });
  });

  it('saves the final weights and says so if the best checkpoint cannot be read', async () => {
    const { ending, known: told } = await run(request);
    if (ending === undefined || told === undefined) throw new Error('The run was stopped.');
    const weights = new Map([['weight', Float32Array.of(1)]]);
    const program = {
      restore: () => expect.unreachable('There is nothing to restore.'),
      weights: () => weights,
      shapes: new Map([['weight', [1]]]),
    };
    const checkpoints = { at: async () => 'its digest does not match its content' };
    const weightsAt = () => undefined;
    const final = await restoreFinalWeights(program, checkpoints, {
      summary: told,
      reason: ending,
      weightsAt,
      usesEarlyStopping: true,
    });
    expect(final).toMatchObject({
      weights,
      steps: told.steps,
      scores: told.epochs.at(-1)?.scores,
      sentence: expect.stringMatching(/\(step \d+\)\. The checkpoint of epoch \d+, .* its digest does not match/),
    });
  });
});

describe('a time limit', () => {
  const limited = { ...request, earlyStopping: null, maxSeconds: 1e-6 };

  it('ends the run within an epoch, scores the weights, and names the step', async () => {
    const { validationSamples: __, ...dataset } = request.dataset;
    const ended = await run({ ...limited, dataset });
    expect(ended.ending).toEqual({
      code: 'max_seconds',
      message: 'The limit of 0.000001 seconds of training was reached after step 1 of epoch 1.',
    });
    expect(ended.told.map(({ type }) => type)).toEqual(['step', 'epoch']);
    expect(ended.told.at(-1)).toMatchObject({ epoch: 1, step: 1, testAccuracy: expect.any(Number) });
    expect(ended.final).toMatchObject({ steps: 1, scores: { epoch: 1 }, digest: ended.digest });
  });

  it('counts all attempts together, and ends a resumed one at the same step', async () => {
    const first = await run({ ...limited, maxSeconds: 1e6 }, { on: stopAfter(2) });
    const { totals, seconds } = first.header?.position ?? { totals: { seconds: 0 }, seconds: 0 };
    expect(totals.seconds).toBeGreaterThan(0);
    const spent = totals.seconds + seconds;
    const second = await run({ ...limited, maxSeconds: spent }, { attempt: 2 });
    expect(second.ending?.message).toMatch(/after step 2 of epoch 1/);
    const third = await run({ ...limited, maxSeconds: spent }, { attempt: 3 });
    expect(third.final).toEqual(second.final);
    expect(third.events).toEqual(second.events);
  });

  it('uses a monotonic clock', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      let hour = -3_600_000;
      const on = (): void => {
        hour = -hour;
        vi.setSystemTime(Date.now() + hour);
      };
      const ended = await run({ ...limited, epochs: 3, maxSeconds: 600 }, { on });
      expect(ended.ending?.code).toBe('epochs');
      const epochs = ended.told.filter((event) => event.type === 'epoch');
      expect(epochs).toHaveLength(3);
      for (const { seconds, imagesPerSecond } of epochs) {
        expect(seconds).toBeGreaterThan(0);
        expect(seconds).toBeLessThan(600);
        expect(imagesPerSecond).toBeGreaterThan(0);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('saves the best epoch by validation score, which may be the cut one', async () => {
    const changes = [{ number: 1, step: 2 * STEPS + 3, to: { maxSeconds: 1e-6 } }];
    const ended = await run({ ...limited, maxSeconds: null }, { changes });
    const losses = epochsOf(ended);
    expect(losses.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    const best = ended.known?.best;
    expect(ended.final).toMatchObject({ scores: { epoch: best?.epoch }, steps: best?.steps });
    await anew();
    const again = await run({ ...limited, maxSeconds: null }, { changes });
    expect(again.final).toEqual(ended.final);
  });
});

describe('a run with a raised time limit after it was cut within an epoch', () => {
  const cutAfter = (number: number, step: number): LiveChange => ({ number, step, to: { maxSeconds: 1e-6 } });
  const more: LiveChange = { number: 2, to: { maxSeconds: null } };

  it('ends like an uncut run: the score at the cut does not count', async () => {
    const whole = await run(request);
    await anew();
    const cut = cutAfter(1, 2 * STEPS + 3);
    const first = await run(request, { changes: [cut] });
    expect(first.told.at(-1)).toMatchObject({ type: 'epoch', epoch: 3, step: 3 });
    // The run may resume: the best checkpoint is that of a whole epoch.
    expect(first.header?.best?.steps).toBeLessThanOrEqual(2 * STEPS);
    const second = await run(request, { attempt: 2, changes: [cut, more] });
    expect(second.events.filter((event) => !('to' in event))).toEqual(whole.events);
    expect(epochsOf(second).map(({ epoch }) => epoch)).toEqual(epochsOf(whole).map(({ epoch }) => epoch));
    expect(second).toMatchObject({ ending: whole.ending, final: whole.final, digest: whole.digest });
  });

  it('is scored again if it is cut in the same epoch again', async () => {
    const plain = { ...unwatched, dataset: { ...request.dataset, validationSamples: 0 } };
    const first = await run(plain, { changes: [cutAfter(1, 3)] });
    const second = await run(plain, { attempt: 2, changes: [cutAfter(1, 3), more, cutAfter(3, 5)] });
    expect(first.final).toMatchObject({ steps: 3, scores: { epoch: 1, step: 3 } });
    expect(second.final).toMatchObject({ steps: 5, scores: { epoch: 1, step: 5 } });
    expect(second.final?.scores.testLoss).not.toBe(first.final?.scores.testLoss);
  });
});

describe('a cancel that keeps the weights', () => {
  const keepAfter =
    (steps: number): NonNullable<RunOptions['on']> =>
    (_event, done, { keep }) => {
      if (done === steps) keep();
    };

  it('saves those of the best epoch at once, equal to a repeated run', async () => {
    const kept = await run(unwatched, { on: keepAfter(2 * STEPS + 2) });
    expect(kept.ending?.code).toBe('kept');
    expect(kept.known?.steps).toBe(2 * STEPS + 2);
    const best = kept.known?.best?.epoch ?? 0;
    expect(kept.final).toMatchObject({ scores: { epoch: best }, steps: best * STEPS });
    await anew();
    expect((await run({ ...unwatched, epochs: best })).digest).toBe(kept.final?.digest);
  });

  it('saves those of the last epoch without validation images', async () => {
    const { validationSamples: __, ...dataset } = request.dataset;
    const steps = Math.ceil(120 / 16);
    const plain = { ...unwatched, dataset };
    const kept = await run(plain, {
      on: keepAfter(2 * steps + 3),
      everySeconds: 1e-9,
    });
    expect(kept.final).toMatchObject({ scores: { epoch: 2 }, steps: 2 * steps });
    await anew();
    expect((await run({ ...plain, epochs: 2 })).digest).toBe(kept.final?.digest);
  });

  it.each([
    ['an epoch that the clock has cut', 2 * STEPS + 3],
    ['a whole epoch', 3 * STEPS],
  ])('ends the scoring of %s', async (_, steps) => {
    // The epoch is being scored when the event loop runs the next callbacks.
    const on: NonNullable<RunOptions['on']> = (event, done, { keep }) => {
      if (event.type === 'change' || done === 3 * STEPS) setImmediate(keep);
    };
    const kept = await run(unwatched, { on, changes: [{ number: 1, step: steps, to: { maxSeconds: 1e-6 } }] });
    expect(kept.ending?.code).toBe('kept');
    expect(epochsOf({ ...kept, events: kept.told }).map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(kept.known?.steps).toBe(steps);
    expect(kept.final?.steps).toBe(kept.known?.best?.steps);
  });

  it('scores the current weights within the first epoch', async () => {
    const kept = await run(unwatched, { on: keepAfter(2) });
    expect(kept.told.at(-1)).toMatchObject({ type: 'epoch', epoch: 1, step: 2 });
    expect(kept.final).toMatchObject({ steps: 2, digest: kept.digest });
  });
});

describe('live changes', () => {
  const scheduled = {
    ...request,
    epochs: 3,
    earlyStopping: { metric: 'validationLoss', patience: 9, minDelta: 1000 },
    schedule: { name: 'one-cycle' },
  } as const satisfies JobRequest;
  /** Requested at these steps; they take effect one step later or more. */
  const requested = new Map<number, LiveChange['to']>([
    [3, { learningRate: 0.01 }],
    [STEPS + 2, { epochs: 5, patience: 8 }],
    [2 * STEPS, { learningRate: 0.02 }],
    [4 * STEPS + 1, { patience: 4 }],
  ]);
  const live = (): NonNullable<RunOptions['on']> => {
    let number = 0;
    return (_event, steps, { change }) => {
      const to = steps === undefined ? undefined : requested.get(steps);
      if (to !== undefined) change({ number: ++number, to });
    };
  };

  it('reproduce the same bits together with the spec, in one attempt or several', async () => {
    const first = await run(scheduled, { on: live() });
    const changes = first.known?.changes ?? [];
    expect(changes.map(({ number, step }) => [number, step])).toEqual([
      [1, 3],
      [2, STEPS + 2],
      // Requested after the last step of an epoch, so it takes effect at the first step of the next.
      [3, 2 * STEPS],
      [4, 4 * STEPS + 1],
    ]);
    expect(changes[1]).toMatchObject({ from: { epochs: 3, patience: 9 }, to: { epochs: 5, patience: 8 } });
    expect(first.ending).toMatchObject({ code: 'epochs', message: 'All 5 epochs were trained.' });
    await anew();
    const again = await run(scheduled, { changes });
    expect(again.told.map(timeless)).toEqual(first.told.map(timeless));
    expect(again).toMatchObject({ digest: first.digest, state: first.state, final: first.final });
    for (const cuts of [
      [2, 3, 4],
      [STEPS + 1, 2 * STEPS, 4 * STEPS + 2],
    ]) {
      const resumed = await inAttempts(scheduled, cuts, changes);
      expect(resumed).toMatchObject({ digest: first.digest, state: first.state, events: first.events });
    }
    await anew();
    expect((await run({ ...scheduled, epochs: 5 })).digest).not.toBe(first.digest);
  });

  it('do not wait for one planned for a later step, also over attempts', async () => {
    const planned = { number: 1, step: 2 * STEPS + 3, to: { learningRate: 0.02 } };
    const on: NonNullable<RunOptions['on']> = (event, steps, hands) => {
      if (steps === 3) hands.change({ number: 2, to: { learningRate: 0.01 } });
      stopAfter(STEPS + 2)(event, steps, hands);
    };
    await run(scheduled, { changes: [planned], on });
    const ended = await run(scheduled, { attempt: 2, changes: [planned, { number: 2, step: 3, to: {} }] });
    expect(ended.known?.changes.map(({ number, step, from }) => [number, step, from])).toEqual([
      [2, 3, { learningRate: 0.05 }],
      [1, 2 * STEPS + 3, { learningRate: 0.01 }],
    ]);
    await anew();
    const again = await run(scheduled, { changes: ended.known?.changes ?? [] });
    expect(again.digest).toBe(ended.digest);
  });

  it('show in the learning rate of each step', async () => {
    const first = await run({ ...scheduled, schedule: { name: 'cosine' } }, { on: live() });
    const rates = first.told.flatMap((event) => (event.type === 'step' ? [event.learningRate] : []));
    const cosine = (peak: number, step: number, epochs: number) =>
      (peak / 2) * (1 + Math.cos((Math.PI * (step - 1)) / (epochs * STEPS)));
    const expected = Array.from({ length: 5 * STEPS }, (_step, i) => {
      const step = i + 1;
      const peak = step <= 3 ? 0.05 : step <= 2 * STEPS ? 0.01 : 0.02;
      return cosine(peak, step, step <= STEPS + 2 ? 3 : 5);
    });
    expect(rates).toHaveLength(expected.length);
    for (const [i, rate] of rates.entries()) expect(rate, `step ${i + 1}`).toBeCloseTo(expected[i] ?? Number.NaN, 12);
  });

  it('end the run after the current epoch if fewer epochs are requested', async () => {
    const ended = await run(unwatched, { changes: [{ number: 1, step: STEPS + 1, to: { epochs: 1 } }] });
    expect(ended.known?.changes).toMatchObject([{ from: { epochs: 8 }, to: { epochs: 2 } }]);
    expect(ended.ending?.message).toBe('All 2 epochs were trained.');
    await anew();
    const more = await run({ ...unwatched, epochs: 1 }, { changes: [{ number: 1, step: STEPS, to: { epochs: 2 } }] });
    expect(more.final?.scores.epoch).toBe(2);
  });

  it('end the run by a smaller patience after the current epoch', async () => {
    const ended = await run(scheduled, { changes: [{ number: 1, step: STEPS + 3, to: { patience: 1 } }] });
    expect(ended.ending?.code).toBe('early_stopping');
    expect(epochsOf(ended)).toHaveLength(2);
  });
});
