/** Marks of a run in its curves. */
import { expect, it } from 'vitest';
import type { Frame } from '../../src/client/index.js';
import { createRun } from '../../src/console/components/run-data.js';

it('marks the last step before each new phase, and nothing in a run without phases', () => {
  const frames = (phases: readonly (number | undefined)[]): Frame[] =>
    phases.map((phase, i) => ({
      ...{ type: 'step', seq: i + 1, jobId: 'a', at: new Date(1000 * i).toISOString(), ...(phase && { phase }) },
      ...{ epoch: i + 1, step: 1, steps: 1, loss: 1, accuracy: 0, learningRate: 1, imagesPerSecond: 1 },
    }));
  const marksOf = (phases: readonly (number | undefined)[]) => {
    const run = createRun();
    for (const frame of frames(phases)) run.add(frame);
    return run.marks().map(({ kind, text, at }) => [kind, text, at.step]);
  };
  expect(marksOf([1, 1, 2, 3])).toEqual([
    ['phase', 'phase 2', 2],
    ['phase', 'phase 3', 3],
  ]);
  expect(marksOf([undefined, undefined])).toEqual([]);
});
