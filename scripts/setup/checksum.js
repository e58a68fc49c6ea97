/** SHA-256 of files, and the error for a file with another one. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setupError } from './setup-error.js';

/** @param {string} path */
export async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * Removes the file and throws if its SHA-256 is not `expected`.
 * @param {string} path
 * @param {string} expected
 */
export async function verify(path, expected) {
  const actual = await sha256(path);
  if (actual === expected) return;
  await rm(path, { force: true });
  throw setupError(
    `${basename(path)} has the SHA-256 ${actual} where ${expected} is expected, so it was removed: ` +
      'run the command again, and if it happens twice check the mirror or proxy it comes through.',
  );
}
