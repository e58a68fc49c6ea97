/** Short run of the table of abuses. `npm run test:fairness` is the full run. */
import { afterAll, expect, test } from 'vitest';
import { ROWS } from './rows.js';
import { BOUNDS, openFairness } from './run.js';

/**
 * Wider than BOUNDS, because another test file uses the cores at the same time. Before the service limited these abuses, each
 * made other clients wait for 20 seconds or longer.
 */
const SHORT_BOUNDS = { ...BOUNDS, livezP99Ms: 3_000, predictionMaxMs: 6_000 };

const fairness = openFairness({ isFull: false, bounds: SHORT_BOUNDS, slack: 3 });
afterAll(() => fairness.close());

test.each(ROWS)(
  'answers other clients in time during: $name',
  async (row) => {
    const { faults, seen } = await fairness.run(row);
    expect({ faults, seen }).toEqual({ faults: [], seen });
  },
  120_000,
);
