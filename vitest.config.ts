/**
 * Configuration of the suite: each file runs in a process of its own, two at a time, since many start servers and train.
 * Two modes run what is not for every machine instead, one file after the other: `--mode gpu` (`npm run test:gpu`) what needs
 * a GPU, `--mode exports` (`npm run test:exports`) what opens models in the programs they are exported for,
 * and runs clients in Python.
 */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const MODES = ['gpu', 'exports'];

/** Files that take longer than 40 seconds, the longest first. They begin first, so that none of them runs alone at the end. */
const LONGEST = [
  'reference',
  'processes/processes',
  'fairness/fairness',
  'main',
  'console/faults',
  'console/try',
  'console/new-job',
  'sick-worker',
  'console/datasets',
  'console/jobs',
  'queue/exact-resume',
  'api/clients',
  'chaos/chaos',
  'console/home',
  'queue/out-of-memory',
  'console/job',
  'console/system',
  'client/recovery',
  'training/step/fine-tuning',
].map((name) => `test/${name}.test.ts`);
const renamed = LONGEST.filter((file) => !existsSync(new URL(file, import.meta.url)));
if (renamed.length > 0) throw new Error(`vitest.config.ts names files that do not exist: ${renamed.join(', ')}.`);

/** Orders the files: `LONGEST`, then as vitest does. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.indexOf(relative(import.meta.dirname, moduleId));
      return place === -1 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}

export default defineConfig(({ mode }) => ({
  test: {
    include: [MODES.includes(mode) ? `test/${mode}/*.test.ts` : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...MODES.filter((each) => each !== mode).map((each) => `test/${each}/**`)],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    maxWorkers: MODES.includes(mode) ? 1 : 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    // `expect.poll` waits for a state: a busy machine may take its time.
    expect: { poll: { timeout: 60_000 } },
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
