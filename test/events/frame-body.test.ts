/** JSON of frames with numbers that JSON cannot express. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepEvent } from '../../src/contracts/jobs/frame.js';
import { frameBody, jsonSafe } from '../../src/events/frame-body.js';

const step: StepEvent = {
  type: 'step',
  epoch: 1,
  step: 1,
  steps: 4,
  loss: 1,
  accuracy: 0,
  learningRate: 0.1,
  imagesPerSecond: 1,
};
const envelope = { jobId: 'a', at: 'now' };

describe('the body of a frame', () => {
  test('replaces NaN and infinities by null', () => {
    const body = frameBody({ ...step, loss: Number.NaN, imagesPerSecond: Number.POSITIVE_INFINITY }, envelope);
    expect(JSON.parse(body)).toEqual({
      ...envelope,
      ...step,
      loss: null,
      imagesPerSecond: null,
      nonFinite: ['loss', 'imagesPerSecond'],
    });
  });

  test('has no list of paths if all numbers are finite', () => {
    expect(JSON.parse(frameBody(step, envelope))).toEqual({ ...envelope, ...step });
  });

  test('lists the path of each replaced number, and leaves the others unchanged', () => {
    const names = fc.string({ minLength: 1 }).filter((name) => !name.includes('.') && name !== '__proto__');
    const numbers = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY, 1));
    fc.assert(
      fc.property(fc.dictionary(names, fc.oneof(numbers, fc.string(), fc.array(numbers))), (value) => {
        const expected = Object.entries(value).flatMap(([name, part]) => {
          if (Array.isArray(part)) return part.flatMap((item, i) => (Number.isFinite(item) ? [] : [`${name}.${i}`]));
          return typeof part === 'number' && !Number.isFinite(part) ? [name] : [];
        });
        const safe = jsonSafe(value);
        expect([...safe.nonFinite].sort()).toEqual(expected.sort());
        // JSON.stringify turns numbers that are not finite into null.
        expect(JSON.stringify(safe.value)).toBe(JSON.stringify(value));
      }),
    );
  });
});
