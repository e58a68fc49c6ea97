/** Thinned step frames: the extremes of each number in each part of the run stay. */
import { describe, expect, test } from 'vitest';
import type { Frame, StreamFrame } from '../../src/contracts/jobs/frame.js';
import { createThinner, partLength } from '../../src/events/thin-steps.js';

type Step = Extract<Frame, { type: 'step' }>;

const jobId = '00000000-0000-4000-8000-000000000000';
const at = '2026-01-01T00:00:00.000Z';
const stepOf = (seq: number, numbers: Partial<Step> = {}): Step => ({
  ...{ seq, jobId, at, type: 'step', epoch: 1, step: seq, steps: 1_000_000 },
  ...{ loss: 1, accuracy: 0.5, learningRate: 0.1, imagesPerSecond: 100, ...numbers },
});
const statusOf = (seq: number): Frame => ({ seq, jobId, at, type: 'status', status: 'running', attempt: 1 });

function thin(
  frames: readonly StreamFrame[],
  points: number,
  pageLength = 500,
): [kept: StreamFrame[], leftOut: number] {
  const steps = frames.filter((frame): frame is Step => frame.type === 'step');
  const range = { first: steps[0]?.seq ?? 0, last: steps.at(-1)?.seq ?? 0, count: steps.length };
  const thinner = createThinner(range, partLength(range, points) ?? 1);
  const kept: StreamFrame[] = [];
  for (let start = 0; start < frames.length; start += pageLength)
    kept.push(...thinner.add(frames.slice(start, start + pageLength)));
  kept.push(...thinner.end());
  return [kept, thinner.leftOut()];
}

const numbersOf = (frames: readonly StreamFrame[]): number[] =>
  frames.map((frame) => ('seq' in frame ? (frame.seq ?? 0) : 0));

describe('thinned step frames', () => {
  test('are all kept if there are at most as many as points', () => {
    expect(partLength({ first: 3, last: 1_002, count: 1_000 }, 1_000)).toBeUndefined();
    expect(partLength({ first: 3, last: 1_003, count: 1_001 }, 1_000)).toBeGreaterThan(1);
  });

  test('are at most as many as points, in order, with the first, the last and every frame of another type', () => {
    const frames = Array.from({ length: 50_000 }, (_, index) =>
      index % 997 === 0 ? statusOf(index + 1) : stepOf(index + 1, { loss: Math.sin(index * 12.9898) }),
    );
    const [kept, leftOut] = thin(frames, 500);
    const steps = kept.filter(({ type }) => type === 'step');
    expect(steps.length).toBeLessThanOrEqual(500);
    expect(steps.length).toBeGreaterThan(50);
    expect(numbersOf(kept)).toEqual(numbersOf(kept).toSorted((a, b) => a - b));
    expect(kept.filter(({ type }) => type === 'status')).toEqual(frames.filter(({ type }) => type === 'status'));
    expect([steps[0], steps.at(-1)]).toEqual([frames[1], frames.at(-1)]);
    expect(leftOut).toBe(frames.length - kept.length);
  });

  test.each(['loss', 'accuracy', 'learningRate', 'imagesPerSecond'] as const)('keep single outliers of %s', (name) => {
    const frames = Array.from({ length: 20_000 }, (_, index) => stepOf(index + 1));
    frames[7_321] = stepOf(7_322, { [name]: 0.9 + 1_000 });
    frames[15_000] = stepOf(15_001, { [name]: -1_000 });
    const [kept] = thin(frames, 200, 333);
    expect(kept).toEqual(expect.arrayContaining([frames[7_321], frames[15_000]]));
  });

  test('keep the first NaN of a part', () => {
    const frames = Array.from({ length: 20_000 }, (_, index) =>
      stepOf(index + 1, index >= 12_345 ? { loss: null, nonFinite: ['loss'] } : {}),
    );
    const [kept] = thin(frames, 200);
    expect(kept).toContain(frames[12_345]);
  });

  test('need memory only for one part, however many there are', () => {
    const range = { first: 1, last: 200_000, count: 200_000 };
    const thinner = createThinner(range, partLength(range, 2_000) ?? 1);
    let kept = 0;
    let most = 0;
    for (let start = 0; start < range.last; start += 500) {
      const page = Array.from({ length: 500 }, (_, index) => stepOf(start + index + 1, { loss: Math.random() }));
      const ready = thinner.add(page).length;
      most = Math.max(most, ready);
      kept += ready;
    }
    kept += thinner.end().length;
    expect(most).toBeLessThan(50);
    expect(kept).toBeLessThanOrEqual(2_000);
    expect(kept + thinner.leftOut()).toBe(200_000);
  });
});
