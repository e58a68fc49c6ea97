/**
 * A vitest reporter that leaves the counts of a run to scripts/test.js, in the file TEST_COUNTS names, and says which tests
 * were never finished because their process died: vitest itself does not.
 */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
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
