/** `npm test [-- arguments of vitest]`: sets up what is missing, runs the suite, and ends with `N passed, N failed`. */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chromiumPath, whySkipped } from './chromium.js';
import { requireNode } from './setup/node-version.js';

requireNode();
const { runSetUp } = await import('./setup/entry.js');
const { root, cacheDir, datasetsDir } = await runSetUp();
if (chromiumPath === undefined) {
  if (process.env['REQUIRE_CHROMIUM'] === '1') {
    console.error(`The console cannot be tested: ${whySkipped}.`);
    process.exit(1);
  }
  console.log(`The console is not tested: ${whySkipped}.`);
}
const counts = join(cacheDir, 'test-counts.json');
await rm(counts, { force: true });

const vitest = spawn(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, DATASETS_DIR: datasetsDir, TEST_COUNTS: counts },
  },
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => vitest.kill(signal));
// A SIGTERM to npm ends only the shell between npm and this process.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && vitest.kill('SIGTERM'), 500).unref();
const code = await new Promise((resolve) => vitest.once('close', resolve));

// scripts/count-reporter.js writes the file. It is absent if vitest itself failed.
const { passed, failed, skipped } = await readFile(counts, 'utf8').then(JSON.parse, () => ({
  passed: 0,
  failed: 0,
  skipped: 0,
}));
const shownFailed = code === 0 ? failed : Math.max(failed, 1);
if (skipped > 0) console.log(`${skipped} skipped for the reasons above`);
console.log(`${passed} passed, ${shownFailed} failed`);
process.exit(code === 0 && failed === 0 ? 0 : 1);
