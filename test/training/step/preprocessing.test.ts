/** Training and evaluation use the pixels as the spec's normalization transforms them. */
import { describe, expect, it } from 'vitest';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import { openProgram } from '../../../src/training/step/program.js';

const image = { height: 8, width: 8, channels: 1 };
const labels = Int32Array.of(0, 1, 2, 3);
const dark = Uint8Array.from({ length: 4 * 64 }, (_, index) => (index * 29) % 128);
const bright = dark.map((pixel) => 2 * pixel);

/** Logits before a step, the loss of the step, and the logits after it. */
function run(normalization: { mean: number[]; std: number[] } | 'none', images: Uint8Array): number[] {
  const spec = resolveJob({ network: 'resnet', dataset: { resize: 16 }, batchSize: 4, normalization });
  const program = openProgram(spec, image, 10);
  try {
    const before = program.logits(images);
    const { loss } = program.train({ images, labels }, 1);
    return [...before, loss, ...program.logits(images)];
  } finally {
    program.close();
  }
}

describe('a program with a standard deviation of 0.5', () => {
  it('treats dark images as a program without normalization treats images twice as bright', () => {
    const [found, expected, other] = [
      run({ mean: [0], std: [0.5] }, dark),
      run('none', bright),
      run('none', dark),
    ] as const;
    expect(found).toHaveLength(81);
    for (const [place, value] of found.entries()) expect(value).toBeCloseTo(expected[place] ?? Number.NaN, 3);
    expect(other.some((value, place) => Math.abs(value - (expected[place] ?? 0)) > 0.01)).toBe(true);
  });
});
