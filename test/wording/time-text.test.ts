/** Durations, ranges and dates, as the command and the console write them. */
import { describe, expect, it } from 'vitest';
import { durationText, estimateText, leftText, rangeText, relativeTime } from '../../src/wording/time-text.js';

describe('a duration', () => {
  it.each([
    [0.04, '0.0 s'],
    [7.21, '7.2 s'],
    [9.97, '10 s'],
    [45, '45 s'],
    [59.6, '1 min'],
    [92, '1 min 32 s'],
    [3_599.7, '1 h'],
    [7_509, '2 h 5 min'],
    [86_399, '23 h 59 min'],
    [273_600, '3 d 4 h'],
  ])('of %f seconds is %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe('an estimate', () => {
  it.each([
    [120, 300, '2 to 5 min'],
    [50, 133, '50 s to 2 min 10 s'],
    [64, 66, '1 min to 1 min 10 s'],
    [240, 244, 'about 4 min'],
    [3.2, 4.9, '3 to 5 s'],
    [0.1, 0.2, 'about 1 s'],
    [2_400, 5_000, '40 min to 1 h 20 min'],
    [40_000, 60_000, '11 to 17 h'],
  ])('from %f to %f seconds is %s', (low, high, text) => {
    expect(rangeText({ low, high })).toBe(text);
  });

  it('of the time that is left has one end if the other has passed', () => {
    expect(leftText(34)).toBe('34 s left');
    expect(leftText(754)).toBe('13 min left');
    expect(leftText(125, 310)).toBe('2 min 10 s to 5 min 10 s left');
    expect(leftText(-9, 42)).toBe('up to 42 s left');
    expect(leftText(-9, 0.4)).toBe('about to end');
  });

  it('of an end has its range, and says so unless such jobs were measured', () => {
    const at = (seconds: number) => new Date(1_000 * seconds).toISOString();
    const ends = { endAt: at(160), earliestEndAt: at(120), latestEndAt: at(300) };
    expect(estimateText({ ...ends, basis: 'measured' }, 0)).toBe('2 to 5 min left');
    expect(estimateText({ ...ends, basis: 'computed' }, 0)).toBe('2 to 5 min left (computed, not yet measured)');
    expect(estimateText({ endAt: at(160) }, 0)).toBe('2 min 40 s left');
    expect(estimateText({}, 0)).toBeUndefined();
  });
});

describe('a time', () => {
  const now = Date.parse('2026-11-30T10:00:00Z');

  it.each([
    [-5, 'now'],
    [5, 'now'],
    [-12, '12 s ago'],
    [-59.2, '59 s ago'],
    [-59.7, '1 min ago'],
    [600, 'in 10 min'],
    [-3_500, '58 min ago'],
    [-3_590, '1 h ago'],
    [7_200, 'in 2 h'],
    [-86_000, '1 d ago'],
    [-6.9 * 86_400, '7 d ago'],
    [-30 * 86_400, 'Oct 31, 2026'],
  ])('%f seconds from now is %s', (seconds, text) => {
    expect(relativeTime(now + 1_000 * seconds, now)).toBe(text);
  });
});
