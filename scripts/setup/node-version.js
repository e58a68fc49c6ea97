/** Check that refuses a Node.js outside the range in package.json. Scripts call it before they import newer modules. */
import { readFileSync } from 'node:fs';

/**
 * Returns a sentence that says why this Node.js cannot run the project; undefined if it can.
 * @param {string} version as process.versions.node gives it
 * @param {string} range `>=MAJOR.MINOR <MAJOR`, as it stands in package.json
 */
export function nodeProblem(version, range) {
  const bounds = /^>=(\d+)\.(\d+) <(\d+)$/.exec(range);
  if (bounds === null) throw new Error(`engines.node in package.json is "${range}", expected ">=MAJOR.MINOR <MAJOR"`);
  const [lowMajor = 0, lowMinor = 0, highMajor = 0] = bounds.slice(1).map(Number);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < lowMajor || (major === lowMajor && minor < lowMinor);
  if (!old && major < highMajor) return undefined;
  return (
    `Node ${lowMajor}.${lowMinor} to ${highMajor - 1} is needed and this is Node ${version}: install Node ${highMajor - 1} ` +
    'from nodejs.org or with a version manager (on Debian 13: `sudo apt-get install nodejs`), then run the command again.'
  );
}

/** Ends the process with one sentence if this Node.js cannot run the project. */
export function requireNode() {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const problem = nodeProblem(process.versions.node, manifest.engines.node);
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}
