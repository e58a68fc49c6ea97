/** The short run of the table of abuses: `npm run test:fairness` is the long one. */
import { afterAll, expect, test } from 'vitest';
import { ROWS } from './rows.js';
import { BOUNDS, openFairness } from './run.js';

/**
 * Another test file takes the cores meanwhile, and processes wait longer for one than on a machine of their own. Each abuse kept
 * others waiting for 20 seconds and longer before it was bounded.
 */
const SHORT_BOUNDS = { ...BOUNDS, livezP99Ms: 3_000, predictionMaxMs: 6_000 };

const fairness = openFairness({ isFull: false, bounds: SHORT_BOUNDS, slack: 3 });
afterAll(() => fairness.close());

test.each(ROWS)(
  'others are answered in time during: $name',
  async (row) => {
    const { faults, seen } = await fairness.run(row);
    expect({ faults, seen }).toEqual({ faults: [], seen });
  },
  120_000,
);
