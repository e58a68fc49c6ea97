/** Answers that are read as a stream of bytes. */
import type { LinkedAbort } from './abort.js';
import { chunksOf, streamOf } from './byte-streams.js';
import { type Transport, unreachable } from './transport.js';

/** Returns the body of an answer as a stream that releases its connection at the end. Cancelling it aborts the download. */
export function downloadOf(body: unknown, attempt: LinkedAbort, transport: Transport): ReadableStream<Uint8Array> {
  return streamOf(download(body as ReadableStream, attempt, transport), { onCancel: () => attempt.abort() });
}

/** Yields the bytes of an answer. Throws a ConnectionError if they end early. */
async function* download(body: ReadableStream, attempt: LinkedAbort, { settings }: Transport) {
  try {
    yield* chunksOf(body);
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : unreachable(settings, error);
  } finally {
    attempt.release();
  }
}
