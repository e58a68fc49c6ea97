/** Check of a file against the SHA-256 that a client gives. */
import { TrainyardError } from '../errors/errors.js';
import { sha256OfFile } from './sha256.js';

/** `pointer`: JSON pointer to the checksum in the request. */
type Checksum = Readonly<{ sha256: string | undefined; pointer: string; signal: AbortSignal }>;

/** Throws `invalid_request` if the file has another SHA-256, and the reason of `signal`. Without a SHA-256 it checks nothing. */
export async function requireChecksum(path: string, { sha256, pointer, signal }: Checksum): Promise<void> {
  if (sha256 === undefined) return;
  const found = await sha256OfFile(path, { signal });
  if (found === sha256) return;
  const message = `is ${sha256}, and the file has ${found}: it is another file, or damaged`;
  throw new TrainyardError('invalid_request', `${pointer} ${message}.`, { errors: [{ pointer, message }] });
}
