/**
 * How the suite runs: each file in a process of its own, two at a time, since many start servers and train.
 * `--mode gpu` (`npm run test:gpu`) runs what needs a GPU instead, one file after the other.
 */
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  test: {
    include: [mode === 'gpu' ? 'test/gpu/*.test.ts' : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(mode === 'gpu' ? [] : ['test/gpu/**'])],
    pool: 'forks',
    maxWorkers: mode === 'gpu' ? 1 : 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', './scripts/count-reporter.js'],
  },
}));
