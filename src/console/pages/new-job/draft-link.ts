/** A request as a parameter of the address: compressed JSON in the alphabet of URLs. */
import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { isObject, type Json, type JsonObject } from './request-draft.js';

/** Longest draft that is read. A request of the service has at most a few kilobytes. */
const MAX_CHARACTERS = 100_000;
const MAX_BYTES = 1_000_000;

export function encodeDraft(request: JsonObject): string {
  const packed = strFromU8(deflateSync(strToU8(JSON.stringify(request)), { level: 9 }), true);
  return btoa(packed).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Returns the request of a link, or undefined if the link was cut off or changed. */
export function decodeDraft(text: string): JsonObject | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    const packed = strToU8(atob(text.replaceAll('-', '+').replaceAll('_', '/')), true);
    // A longer text does not fit into the buffer, and is cut off.
    const value = JSON.parse(strFromU8(inflateSync(packed, { out: new Uint8Array(MAX_BYTES) }))) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
