/** Ids of jobs for tests that make none: in the form of real ones, and the same for the same text. */
import { createHash } from 'node:crypto';

export const idOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
