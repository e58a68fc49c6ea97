/** The manifest that is published, and the one of the repository that it replaces while npm packs. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setupError } from '../setup/setup-error.js';

/** @typedef {Record<string, any>} Manifest */

/** Fields that only the repository needs. */
const LEFT_OUT = ['devDependencies', 'overrides', 'allowScripts', 'dependencies'];

/** npm runs these from the manifest that an interrupted pack left. */
const SCRIPTS = ['prepack', 'postpack'];

/** @param {string} root */
const manifestPath = (root) => join(root, 'package.json');

/** Copy of the repository's manifest. @param {string} root */
const keptPath = (root) => join(root, '.cache/pack/package.json');

/**
 * Writes a file by a rename: it has its old or its new text.
 * @param {string} path
 * @param {string} text
 */
function replaceText(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/**
 * Returns the manifest to publish. It has no dependencies: the command is bundled, and the client has none. The service in `service/` has
 * a manifest of its own.
 * @param {Manifest} manifest the repository's
 * @param {readonly string[]} addons names of the packages with a prebuilt addon
 */
export const publishedManifest = (manifest, addons) => ({
  ...Object.fromEntries(Object.entries(manifest).filter(([name]) => !LEFT_OUT.includes(name))),
  scripts: Object.fromEntries(SCRIPTS.map((name) => [name, manifest['scripts'][name]])),
  optionalDependencies: Object.fromEntries(addons.map((name) => [name, manifest['version']])),
});

/** Fields that describe a package, which `service/` is not. */
const OF_A_PACKAGE = ['bin', 'types', 'exports', 'files', 'publishConfig', 'scripts'];

/**
 * Returns the manifest of the folder `service`: all dependencies, as they are locked.
 * @param {Manifest} manifest the repository's
 * @returns {Manifest}
 */
export const serviceManifest = (manifest) => ({
  ...Object.fromEntries(Object.entries(manifest).filter(([name]) => !OF_A_PACKAGE.includes(name))),
  private: true,
});

/**
 * Replaces package.json by the published manifest. Keeps a copy of the repository's package.json, which `restoreManifest` puts back.
 * @param {string} root
 * @param {Manifest} published
 */
export function replaceManifest(root, published) {
  replaceText(keptPath(root), readFileSync(manifestPath(root), 'utf8'));
  replaceText(manifestPath(root), `${JSON.stringify(published, null, 2)}\n`);
}

/**
 * Puts the repository's manifest back, also after an interrupted pack. Does nothing if it is there.
 * @param {string} root
 */
export function restoreManifest(root) {
  const { devDependencies } = JSON.parse(readFileSync(manifestPath(root), 'utf8'));
  const kept = keptPath(root);
  if (devDependencies === undefined) {
    if (!existsSync(kept)) {
      throw setupError('package.json is the published one, and its original is gone: run `git checkout package.json`.');
    }
    replaceText(manifestPath(root), readFileSync(kept, 'utf8'));
  }
  rmSync(kept, { force: true });
}
