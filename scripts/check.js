/**
 * `npm run check`, the check of continuous integration: set-up, types, lint, whether openapi.yaml is up to date, all tests, and the quick
 * tests on the newest Node.js. Its last line is the coverage.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireNode } from './setup/node-version.js';

requireNode();
const { runSetUp } = await import('./setup/entry.js');
const { root, env } = await runSetUp();
const [npm, ...first] = env['npm_execpath'] === undefined ? ['npm'] : [process.execPath, env['npm_execpath']];

/** @param {readonly string[]} args */
async function run(args) {
  console.log(`\n> npm ${args.join(' ')}`);
  const child = spawn(npm ?? 'npm', [...first, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code === 0) return;
  console.error(`\`npm ${args.join(' ')}\` failed.`);
  process.exit(1);
}

/** Returns the coverage of the test process as a line. The processes that tests start run dist/, which vitest does not measure. */
async function readCoverage() {
  const { total } = JSON.parse(await readFile(join(root, '.cache/coverage/coverage-summary.json'), 'utf8'));
  const [lines, branches] = [total.lines.pct, total.branches.pct].map(Math.round);
  const scope = 'in the test process; child processes run dist and are not counted';
  return `coverage: ${lines} % of lines, ${branches} % of branches (${scope})`;
}

await run(['run', '-s', 'types']);
await run(['run', '-s', 'lint']);
await run(['run', '-s', 'openapi', '--', '--check']);
await run(['test', '--', '--coverage']);
const coverage = await readCoverage();
await run(['run', '-s', 'test:node', '--', '--quick', '26.12.1']);
console.log(`\n${coverage}`);
