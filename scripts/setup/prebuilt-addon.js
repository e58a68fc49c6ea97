/** The addon of an optional platform package: taken only if everything it was built for fits this machine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from './checksum.js';

/**
 * @typedef {{ version: string; tensorflow: string; nodeApi: number }} Wanted `version`: that of trainyard
 * @typedef {{ sha256: string; tensorflow: string; nodeApi: number; glibc: string }} Built
 * @typedef {{ name: string; version: string; os: string[]; cpu: string[]; addon?: Partial<Built> }} AddonManifest
 */

/** File name of the addon in its package. */
export const ADDON_FILE = 'tfjs_binding.node';

/**
 * Returns the name of the platform package for this machine.
 * @param {string} platform
 * @param {string} architecture
 */
export const addonPackageName = (platform = process.platform, architecture = process.arch) =>
  `trainyard-addon-${platform}-${architecture}${platform === 'linux' ? '-gnu' : ''}`;

/** Version of this machine's C library, as `2.36`; empty without glibc. */
function glibcHere() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime ?? '';
}

/**
 * Whether a version such as `2.36` is at least another one.
 * @param {string} version
 * @param {string} least
 */
function isAtLeast(version, least) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/**
 * Returns the path of the addon in `folder`, or the sentence that says why it does not fit. Neither without a folder.
 * @param {string | undefined} folder
 * @param {Wanted} wanted
 * @param {string} [glibc] version of this machine's C library
 * @returns {Promise<{ path: string } | { refused?: string }>}
 */
export async function checkPrebuilt(folder, wanted, glibc = glibcHere()) {
  if (!folder) return {};
  /** @type {AddonManifest | undefined} */
  const manifest = await readFile(join(folder, 'package.json'), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
  if (manifest === undefined) return refusal(`${folder} has no readable package.json`);
  const path = join(folder, ADDON_FILE);
  const problem = mismatch(manifest, wanted, glibc) ?? (await damage(path, manifest.addon?.sha256));
  return problem === undefined ? { path } : refusal(problem);
}

/** @param {string} problem */
const refusal = (problem) => ({ refused: `The prebuilt addon is not used: ${problem}.` });

/**
 * @param {AddonManifest} manifest
 * @param {Wanted} wanted
 * @param {string} glibc
 */
function mismatch({ name, version, addon }, wanted, glibc) {
  const { tensorflow, nodeApi, glibc: least = '' } = addon ?? {};
  if (name !== addonPackageName()) return `it must be ${addonPackageName()} on this machine (got ${name})`;
  if (version !== wanted.version) return `it must be of version ${wanted.version}, as trainyard is (got ${version})`;
  if (tensorflow !== wanted.tensorflow)
    return `it must be built for TensorFlow ${wanted.tensorflow} (got ${tensorflow})`;
  if (nodeApi !== wanted.nodeApi) return `it must be built for Node-API ${wanted.nodeApi} (got ${nodeApi})`;
  if (!isAtLeast(glibc, least)) return `it needs glibc ${least} or newer (got ${glibc || 'none'})`;
  return undefined;
}

/**
 * @param {string} path
 * @param {string | undefined} expected
 */
async function damage(path, expected) {
  const actual = await sha256(path).catch(() => 'no file');
  return actual === expected ? undefined : `its SHA-256 must be ${expected} (got ${actual})`;
}
