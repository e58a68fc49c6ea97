/** Refusals of requests that would make more jobs queued or paused than there may be. */
import { TrainyardError } from '../errors/errors.js';

/** `note` is a sentence for the case at hand. */
export const queueFullError = (queued: number, note?: string): TrainyardError =>
  new TrainyardError(
    'queue_full',
    `There are ${queued} queued jobs, the most that may be; try again when some have run.${note ? ` ${note}` : ''}`,
  );

export const pausedFullError = (paused: number): TrainyardError =>
  new TrainyardError(
    'queue_full',
    `There are ${paused} paused jobs, the most that may be; resume or cancel one of them first.`,
  );
