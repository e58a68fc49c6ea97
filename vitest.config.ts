/**
 * How the suite runs: each file in a process of its own, two at a time, since many start servers and train.
 * Two modes run what is not for every machine instead, one file after the other: `--mode gpu` (`npm run test:gpu`) what needs
 * a GPU, `--mode exports` (`npm run test:exports`) what opens models in the programs they are exported for,
 * and runs clients in Python.
 */
import { configDefaults, defineConfig } from 'vitest/config';

const MODES = ['gpu', 'exports'];

export default defineConfig(({ mode }) => ({
  test: {
    include: [MODES.includes(mode) ? `test/${mode}/*.test.ts` : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...MODES.filter((each) => each !== mode).map((each) => `test/${each}/**`)],
    pool: 'forks',
    maxWorkers: MODES.includes(mode) ? 1 : 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    reporters: ['default', './scripts/count-reporter.js'],
    // `npm run check` passes --coverage and prints the totals.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['json-summary'],
      reportsDirectory: '.cache/coverage',
    },
  },
}));
