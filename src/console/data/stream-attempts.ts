/** Streams that have ended: the sign-in page if the session has ended, otherwise another attempt after a pause. */
import { isTrainyardError } from 'trainyard';
import { noteSignedOut } from './service.js';

/** A stream may be refused because a proxy or the origin check refuses WebSockets. */
const RETRY_MS = 10_000;

/** Resolves before the next attempt to open a stream that has ended with an error. */
export async function beforeNextAttempt(error: unknown, pauseMs = RETRY_MS): Promise<void> {
  if (isTrainyardError(error) && error.code === 'unauthorized') noteSignedOut();
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
