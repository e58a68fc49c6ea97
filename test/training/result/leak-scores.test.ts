/** Accuracy with and without the test images that the training has seen, counted by hand. */
import { describe, expect, it } from 'vitest';
import { leakScores } from '../../../src/training/result/score-split.js';

/** Six test images, of which 0, 1, 3 and 5 are classified correctly. */
const labels = Uint8Array.from([0, 1, 2, 0, 1, 2]);
const answers = [0, 1, 0, 0, 2, 2].map((predicted) => ({ predicted }));

describe('the accuracy with and without leaks', () => {
  it('separates the images that the training has seen', () => {
    const leaks = [
      { image: 0, kind: 'same' },
      { image: 2, kind: 'near' },
      { image: 3, kind: 'near' },
    ] as const;
    expect(leakScores(answers, labels, leaks)).toEqual({
      ...{ images: 3, same: 1, near: 2, accuracy: 2 / 3 },
      others: { images: 3, accuracy: 2 / 3 },
    });
  });

  it('is null for no images', () => {
    expect(leakScores(answers, labels, [])).toEqual({
      ...{ images: 0, same: 0, near: 0, accuracy: null },
      others: { images: 6, accuracy: 4 / 6 },
    });
    const all = Array.from(labels.keys(), (image) => ({ image, kind: 'same' as const }));
    expect(leakScores(answers, labels, all)).toMatchObject({ accuracy: 4 / 6, others: { images: 0, accuracy: null } });
  });

  it('ignores test images that the job does not use', () => {
    expect(leakScores(answers, labels, [{ image: 6, kind: 'same' }])).toMatchObject({ images: 0 });
  });
});
