/** Errors for requests that exceed the limits on queued and paused jobs. */
import { TrainyardError } from '../errors/errors.js';

/** `note` is one more sentence about the request. */
export const queueFullError = (queued: number, note?: string): TrainyardError =>
  new TrainyardError(
    'queue_full',
    `The queue is full: ${queued} jobs are queued, which is the limit. Try again after some of them have run.${note ? ` ${note}` : ''}`,
  );

export const pausedFullError = (paused: number): TrainyardError =>
  new TrainyardError(
    'queue_full',
    `${paused} jobs are paused, which is the limit. Resume or cancel one of them first.`,
  );
