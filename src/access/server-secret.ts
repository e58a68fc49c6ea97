/** Secret of the service: 32 random bytes in a file that only the API reads. It hashes keys and signs sessions. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainyardError } from '../errors/errors.js';
import { syncFolder } from '../files/durable.js';
import { hasCode } from '../files/error-codes.js';

const BYTES = 32;

/** Keys for separate purposes, derived from the secret. */
export type ServerSecret = Readonly<{ hashing: Buffer; signing: Buffer }>;

/**
 * Reads the secret in `folder`; creates folder and file at the first start. Of several processes that start at once, one creates it. Without
 * the file, all keys and sessions are void. Throws `storage_unavailable` if the file is damaged.
 */
export async function openServerSecret(folder: string): Promise<ServerSecret> {
  const path = join(folder, 'secret');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const secret = (await readSecret(path)) ?? (await createSecret(folder, path));
  const derive = (purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();
  return { hashing: derive('hash of keys'), signing: derive('signature of sessions') };
}

async function readSecret(path: string): Promise<Buffer | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (bytes === undefined || bytes.length === BYTES) return bytes;
  throw new TrainyardError(
    'storage_unavailable',
    `${path} has ${bytes.length} bytes, not ${BYTES}. Restore it from a backup. Or remove it: then all API keys are void.`,
  );
}

/** A link fails if another process was faster: then its secret counts. */
async function createSecret(folder: string, path: string): Promise<Buffer> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, randomBytes(BYTES), { flag: 'wx', mode: 0o600, flush: true });
  await link(temporary, path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  await rm(temporary);
  await syncFolder(folder);
  return readFile(path);
}
