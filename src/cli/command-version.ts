/** Version of the command, read from package.json. */
import { readFileSync } from 'node:fs';

/** Returns the version, as `0.1.0`. */
export const commandVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
