/** The compiled files and the packages that an entry of the package needs. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** An import of compiled JavaScript. */
const IMPORT = /^(?:import|export) (?:[^;'=()]* from )?'([^']+)';$|\bimport\('([^']+)'\)/gm;

/**
 * Returns the names that a compiled file imports.
 * @param {string} path
 */
async function namesIn(path) {
  const text = await readFile(path, 'utf8');
  return [...text.matchAll(IMPORT)].map(([, name = '', dynamic = '']) => name || dynamic);
}

/**
 * Follows the imports of entries, the dynamic ones included. Returns the files reached and the npm packages imported.
 * @param {readonly string[]} entries paths of compiled files
 */
export async function importsOf(entries) {
  /** @type {Set<string>} */
  const files = new Set(entries);
  /** @type {Set<string>} */
  const packages = new Set();
  for (const file of files) {
    for (const name of await namesIn(file)) {
      if (name.startsWith('.')) files.add(join(dirname(file), name));
      else if (!name.startsWith('node:')) packages.add(packageOf(name));
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** @param {string} name as it is imported: `commander`, `@scope/name/file.js` */
const packageOf = (name) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
