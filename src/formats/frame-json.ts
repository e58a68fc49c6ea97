/** JSON text of frames. Redis stores it and clients receive it, so it is not serialized again for each follower. */
import type { StreamFrame } from '../contracts/jobs/frame.js';

const texts = new WeakMap<object, string>();

/** Parses a stored frame and keeps its text for `frameText`. */
export function frameOfText(text: string): unknown {
  const frame: unknown = JSON.parse(text);
  if (typeof frame === 'object' && frame !== null) texts.set(frame, text);
  return frame;
}

export function frameText(frame: StreamFrame): string {
  const known = texts.get(frame);
  if (known !== undefined) return known;
  const text = JSON.stringify(frame);
  texts.set(frame, text);
  return text;
}
