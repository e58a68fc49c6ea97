/** JSON as clients send it: bytes → a value, or a sentence that says what is wrong with them and where. */
import { isUtf8 } from 'node:buffer';
import { parse } from 'secure-json-parse';
import { TrainyardError } from '../../../errors/errors.js';
import { refuseFields } from '../validation.js';
import type { Coding } from './encoding.js';
import { findFault, placeOf } from './json-fault.js';

type Source = Readonly<{
  /** Where the JSON is, for the sentence: a JSON Pointer, or empty for the whole body. */
  pointer?: string;
  contentType?: string | undefined;
}>;

/** A field that is there twice is looked for only in a short text: a spec, not pixels. */
const SPEC_LENGTH = 64 * 1024;
/** A fault is looked for only in a text of at most this length: it takes many times as long as parsing. */
const SEARCHED_LENGTH = 256 * 1024;
const BYTE_ORDER_MARK = '\ufeff';
/** UTF-16 and UTF-32, with a mark or without: JSON begins with an ASCII character. */
const WIDE = /^(\xfe\xff|\xff\xfe|\0\0\xfe\xff|\0|[^\0]\0)/s;

/** Parses JSON in UTF-8, with or without a byte order mark. Throws `invalid_request`. */
export function parseJson(bytes: Uint8Array, source: Source = {}): unknown {
  return parseJsonText(decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), source), source);
}

/** Parses JSON that somebody else has decoded. Throws `invalid_request`. */
export function parseJsonText(text: string, { pointer = '' }: Source = {}): unknown {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  if (json.trim() === '') throw refusal(pointer, 'is empty; send a JSON object');
  const value = parseStrictly(json, pointer);
  if (json.length <= SPEC_LENGTH) requireNoFault(json, pointer);
  if (/\\u[dD][89a-fA-F]/.test(json)) requireWholeCharacters(value, pointer);
  return value;
}

function parseStrictly(json: string, pointer: string): unknown {
  try {
    return parse(json, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    if (json.length > SEARCHED_LENGTH) throw refusal(pointer, saidByParser(json, error as Error));
    requireNoFault(json, pointer);
    throw refusal(pointer, 'is not valid JSON: a field named __proto__ or constructor.prototype is not allowed');
  }
}

function requireNoFault(json: string, pointer: string): void {
  const fault = findFault(json);
  if (fault !== undefined) throw refusal(pointer, `is not valid JSON at ${placeOf(json, fault.at)}: ${fault.what}`);
}

/** Returns what JSON.parse says of a long text: a position, or the characters around it. */
function saidByParser(json: string, { message }: Error): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const place = position === undefined ? '' : ` at ${placeOf(json, Number(position))}`;
  return `is not valid JSON${place}: ${message.replace(/ in JSON at position.*/s, '')}`;
}

function decode(bytes: Buffer, { pointer = '', contentType = '' }: Source): string {
  const start = bytes.toString('latin1', 0, 4);
  if (WIDE.test(start)) throw refusal(pointer, 'is in UTF-16 or UTF-32, and JSON is taken in UTF-8: send it as UTF-8');
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  const isDeclared = /^(utf-?8|us-ascii|ascii)$/i.test(charset);
  if (!isUtf8(bytes)) throw refusal(pointer, notUtf8(bytes));
  const text = bytes.toString();
  if (isDeclared || text.length === bytes.length) return text;
  throw refusal(pointer, `is said to be in ${charset.slice(0, 40)}, and JSON is taken in UTF-8: send it as UTF-8`);
}

/** First bytes of the codings that routes take, as Latin-1; neither is UTF-8. */
const COMPRESSED: Readonly<Record<string, Coding>> = { '\x1f\x8b': 'gzip', 'x\x9c': 'deflate', 'x\xda': 'deflate' };

function notUtf8(bytes: Buffer): string {
  const coding = COMPRESSED[bytes.toString('latin1', 0, 2)];
  if (coding !== undefined)
    return `is compressed with ${coding}, and no header says so. Add "Content-Encoding: ${coding}", which predictions take, or send the JSON uncompressed`;
  const at = firstInvalid(bytes);
  const before = bytes.toString('utf8', 0, at);
  const place = placeOf(before, before.length);
  const byte = bytes.readUInt8(at).toString(16).padStart(2, '0');
  return `is not in UTF-8: the byte 0x${byte} at ${place} belongs to no character of it. Send the text as UTF-8, not as Latin-1`;
}

/** Text around the fault that is looked at byte by byte. */
const NEAR_BYTES = 64;

/** Returns the place of the first byte that begins no whole character of UTF-8. Halves the text first: a byte at a time takes seconds. */
function firstInvalid(bytes: Buffer): number {
  let [at, end] = [0, bytes.length];
  while (end - at > NEAR_BYTES) {
    const middle = startOfCharacter(bytes, Math.floor((at + end) / 2));
    if (isUtf8(bytes.subarray(at, middle))) at = middle;
    else end = middle;
  }
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length > 1 && (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length)))) return at;
    at += length;
  }
  return at;
}

/** Goes back to the first byte of a character; it has three more at most. */
function startOfCharacter(bytes: Buffer, at: number): number {
  for (let back = 0; back < 3; back++) if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  return at - 3;
}

/** A list or an object, and which of its parts is looked at. */
type Level = { readonly parts: readonly unknown[]; readonly names: readonly string[] | undefined; at: number };

const levelOf = (value: object): Level =>
  Array.isArray(value)
    ? { parts: value, names: undefined, at: -1 }
    : { parts: Object.values(value), names: Object.keys(value), at: -1 };

/**
 * Throws if a text has half of a surrogate pair: stored as UTF-8 it would become U+FFFD. Makes nothing for each number, of which a body
 * has millions.
 */
function requireWholeCharacters(value: unknown, pointer: string): void {
  const levels = [levelOf([value])];
  const pointerOf = (to?: number): string =>
    pointer +
    levels
      .slice(1, to)
      .map(({ names, at }) => `/${names?.[at]?.slice(0, 100) ?? at}`)
      .join('');
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    level.at += 1;
    if (level.at >= level.parts.length) {
      levels.pop();
      continue;
    }
    const name = level.names?.[level.at];
    if (name !== undefined && !isWellFormed(name)) throw refusal(pointerOf(-1), `has a field whose name ${HALF}`);
    const part = level.parts[level.at];
    if (typeof part === 'string' && !isWellFormed(part)) throw refusal(pointerOf(), HALF);
    if (typeof part === 'object' && part !== null) levels.push(levelOf(part));
  }
}

const HALF =
  'has half of a surrogate pair, as \\ud800, which is no character: send both halves, or the character itself';

/** A pattern with the flag `u` sees a pair of surrogates as one character. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const refusal = (pointer: string, message: string): TrainyardError =>
  pointer === '' ? new TrainyardError('invalid_request', `The body ${message}.`) : refuseFields([{ pointer, message }]);
