/** Size limit of bodies that are written to disk while they arrive. */
import { type Readable, Transform } from 'node:stream';
import { TrainyardError } from '../../errors/errors.js';
import { bodyTooLarge } from './read-body.js';

/** Returns the stream; it fails with `payload_too_large`, which names `setting`, after more than `maxBytes`. */
export function limitBytes(stream: Readable, maxBytes: number, setting: string): Readable {
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
      counting.destroy(
        new TrainyardError('client_gone', 'The client closed the connection before the whole body had arrived.'),
      );
  });
  return stream.pipe(counting);
}
