/** Bodies that are written to the disk as they come. */
import { type Readable, Transform } from 'node:stream';
import { TrainyardError } from '../../errors/errors.js';
import { bodyTooLarge } from './read-body.js';

/** The stream, which fails with `payload_too_large` once more than `maxBytes` have come; `setting` is where that is set. */
export function bounded(stream: Readable, maxBytes: number, setting: string): Readable {
  let bytes = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) return done(null, chunk);
      done(bodyTooLarge(maxBytes, { name: setting, bytes: maxBytes }));
    },
  });
  stream.once('error', (error) => counting.destroy(error));
  stream.once('close', () => {
    if (!stream.readableEnded)
      counting.destroy(new TrainyardError('client_gone', 'The client has gone before all of the body had come.'));
  });
  return stream.pipe(counting);
}
