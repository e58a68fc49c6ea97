/** Job ids for tests without a queue: valid UUID syntax, and always the same for the same text. */
import { createHash } from 'node:crypto';

export const idOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
