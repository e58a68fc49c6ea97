/** Parser of JSON bodies, with error messages that say what is wrong and where. */
import { isUtf8 } from 'node:buffer';
import { parse } from 'secure-json-parse';
import { TrainyardError } from '../../../errors/errors.js';
import { refuseFields } from '../validation.js';
import type { Coding } from './encoding.js';
import { findFault, lineAndColumn } from './json-fault.js';

type JsonSource = Readonly<{
  /** JSON Pointer of the JSON in the request, for error messages. Empty: the whole body. */
  pointer?: string;
  contentType?: string | undefined;
}>;

/** Only texts of at most this length are checked for duplicate fields: specs, not pixels. */
const SPEC_LENGTH = 64 * 1024;
/** Only texts of at most this length are searched for their first fault, which takes far longer than parsing. */
const SEARCHED_LENGTH = 256 * 1024;
const BYTE_ORDER_MARK = '\ufeff';
/** Matches UTF-16 and UTF-32, with or without a byte order mark: JSON begins with an ASCII character. */
const WIDE = /^(\xfe\xff|\xff\xfe|\0\0\xfe\xff|\0|[^\0]\0)/s;

/** Parses JSON in UTF-8, with or without a byte order mark. Throws `invalid_request`. */
export function parseJson(bytes: Uint8Array, source: JsonSource = {}): unknown {
  return parseJsonText(decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), source), source);
}

/** Parses JSON that is already decoded. Throws `invalid_request`. */
export function parseJsonText(text: string, { pointer = '' }: JsonSource = {}): unknown {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  if (json.trim() === '') throw refusal(pointer, 'is empty; send a JSON object');
  const value = parseStrictly(json, pointer);
  if (json.length <= SPEC_LENGTH) requireNoFault(json, pointer);
  if (/\\u[dD][89a-fA-F]/.test(json)) requireWellFormed(value, pointer);
  return value;
}

function parseStrictly(json: string, pointer: string): unknown {
  try {
    return parse(json, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    if (json.length > SEARCHED_LENGTH) throw refusal(pointer, parserMessage(json, error as Error));
    requireNoFault(json, pointer);
    throw refusal(pointer, 'is not valid JSON: a field named __proto__ or constructor.prototype is not allowed');
  }
}

function requireNoFault(json: string, pointer: string): void {
  const fault = findFault(json);
  if (fault !== undefined)
    throw refusal(pointer, `is not valid JSON at ${lineAndColumn(json, fault.at)}: ${fault.what}`);
}

/** Returns the message of JSON.parse, with line and column instead of its position. */
function parserMessage(json: string, { message }: Error): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const place = position === undefined ? '' : ` at ${lineAndColumn(json, Number(position))}`;
  return `is not valid JSON${place}: ${message.replace(/ in JSON at position.*/s, '')}`;
}

function decode(bytes: Buffer, { pointer = '', contentType = '' }: JsonSource): string {
  const start = bytes.toString('latin1', 0, 4);
  if (WIDE.test(start)) throw refusal(pointer, 'is encoded as UTF-16 or UTF-32: send it as UTF-8');
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  const isDeclared = /^(utf-?8|us-ascii|ascii)$/i.test(charset);
  if (!isUtf8(bytes)) throw refusal(pointer, notUtf8(bytes));
  const text = bytes.toString();
  if (isDeclared || text.length === bytes.length) return text;
  throw refusal(pointer, `has the charset ${charset.slice(0, 40)} according to its Content-Type: send it as UTF-8`);
}

/** First bytes of compressed bodies, as Latin-1; none is valid UTF-8. */
const COMPRESSED: Readonly<Record<string, Coding>> = { '\x1f\x8b': 'gzip', 'x\x9c': 'deflate', 'x\xda': 'deflate' };

function notUtf8(bytes: Buffer): string {
  const coding = COMPRESSED[bytes.toString('latin1', 0, 2)];
  if (coding !== undefined)
    return `is compressed with ${coding}, but has no header that says so. Add "Content-Encoding: ${coding}", which prediction routes accept, or send the JSON uncompressed`;
  const at = firstInvalid(bytes);
  const before = bytes.toString('utf8', 0, at);
  const place = lineAndColumn(before, before.length);
  const byte = bytes.readUInt8(at).toString(16).padStart(2, '0');
  return `is not UTF-8: the byte 0x${byte} at ${place} is part of no character. Send the text as UTF-8, not as Latin-1`;
}

/** Length at which the binary search for an invalid byte ends and a linear search begins. */
const NEAR_BYTES = 64;

/** Returns the index of the first byte that begins no UTF-8 character. Uses binary search: a linear one takes seconds. */
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

/** Returns the index of the first byte of the character around `at`; a character has at most four bytes. */
function startOfCharacter(bytes: Buffer, at: number): number {
  for (let back = 0; back < 3; back++) if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back;
  return at - 3;
}

/** A list or object on the path that is being searched, and the index of its current part. */
type Level = { readonly parts: readonly unknown[]; readonly names: readonly string[] | undefined; at: number };

const levelOf = (value: object): Level =>
  Array.isArray(value)
    ? { parts: value, names: undefined, at: -1 }
    : { parts: Object.values(value), names: Object.keys(value), at: -1 };

/**
 * Throws if a string has a lone surrogate: stored as UTF-8 it would become U+FFFD. Allocates nothing for numbers, of which a body has
 * millions.
 */
function requireWellFormed(value: unknown, pointer: string): void {
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
    if (name !== undefined && !isWellFormed(name))
      throw refusal(pointerOf(-1), `has a field whose name ${LONE_SURROGATE}`);
    const part = level.parts[level.at];
    if (typeof part === 'string' && !isWellFormed(part)) throw refusal(pointerOf(), LONE_SURROGATE);
    if (typeof part === 'object' && part !== null) levels.push(levelOf(part));
  }
}

const LONE_SURROGATE =
  'has a lone surrogate, as \\ud800, which is no character: send both surrogates, or the character itself';

/** With the flag `u`, a pair of surrogates is one character and does not match. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const refusal = (pointer: string, message: string): TrainyardError =>
  pointer === '' ? new TrainyardError('invalid_request', `The body ${message}.`) : refuseFields([{ pointer, message }]);
