/**
 * Reporter of vitest that writes the counts of a run into the file TEST_COUNTS, for scripts/test.js. If a test process dies, it also
 * prints how the process ended and which tests it had not finished.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';

/** Signals with which vitest itself ends its processes. */
const VITEST_SIGNALS = ['SIGTERM', 'SIGKILL'];

/** Prints how a process ended that vitest has started, unless it ended well or vitest ended it. */
function reportDeaths() {
  subscribe('child_process', (message) => {
    const { process: child } = /** @type {{ process: import('node:child_process').ChildProcess }} */ (message);
    child.once('exit', (code, signal) => {
      const wasEnded = child.killed && VITEST_SIGNALS.includes(signal ?? '');
      if (code !== 0 && !wasEnded)
        console.error(`Process ${child.pid} of vitest ended with ${signal ?? `exit code ${code}`}.`);
    });
  });
}

export default class CountReporter {
  constructor() {
    reportDeaths();
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file that could not be loaded, or whose hooks failed, holds no failed test.
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
        else console.error(`Not finished: ${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    const path = process.env['TEST_COUNTS'];
    if (path !== undefined) writeFileSync(path, JSON.stringify(counts));
  }
}
