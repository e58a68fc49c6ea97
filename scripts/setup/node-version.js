/** Refuses a Node outside the range of package.json, before anything newer than it is imported. */
import { readFileSync } from 'node:fs';

/**
 * The sentence that says what is wrong with this Node, or undefined.
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

/** Ends the process with one sentence when this Node cannot run the project. */
export function requireNode() {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const problem = nodeProblem(process.versions.node, manifest.engines.node);
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}
