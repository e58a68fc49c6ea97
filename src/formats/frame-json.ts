/** JSON texts of frames. Clients receive the text that Redis stores, so frames are not serialized for each follower. */
import type { StreamMessage } from '../contracts/jobs/stream-message.js';

const texts = new WeakMap<object, string>();

/** Parses a stored frame and remembers its text for `frameText`. */
export function frameOfText(text: string): unknown {
  const frame: unknown = JSON.parse(text);
  if (typeof frame === 'object' && frame !== null) texts.set(frame, text);
  return frame;
}

/** Returns the JSON text of a frame; the stored text if `frameOfText` has parsed it. */
export function frameText(frame: StreamMessage): string {
  const known = texts.get(frame);
  if (known !== undefined) return known;
  const text = JSON.stringify(frame);
  texts.set(frame, text);
  return text;
}
