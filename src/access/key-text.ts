/**
 * Text of an API key: `ty_`, 12 characters of id, 32 of secret (190 bits) and 6 of checksum, all base62. The checksum finds copies that
 * are cut or misspelled without a lookup, and lets scanners for leaked secrets recognize keys.
 */
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'ty_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/** The parts of a key that identify and prove it. */
export type KeyParts = Readonly<{ id: string; secret: string }>;

/** Returns a new random key and its parts. */
export function createKeyText(): KeyParts & Readonly<{ text: string }> {
  const [id, secret] = [randomDigits(ID_LENGTH), randomDigits(SECRET_LENGTH)];
  return { id, secret, text: PREFIX + id + secret + checksumOf(id + secret) };
}

/** Returns the parts of a key. Returns undefined for a text that cannot be a key. */
export function parseKeyText(text: string): KeyParts | undefined {
  if (!FORM.test(text)) return undefined;
  const body = text.slice(PREFIX.length, -CHECKSUM_LENGTH);
  if (checksumOf(body) !== text.slice(-CHECKSUM_LENGTH)) return undefined;
  return { id: body.slice(0, ID_LENGTH), secret: body.slice(ID_LENGTH) };
}

const randomDigits = (length: number): string =>
  Array.from({ length }, () => DIGITS[randomInt(DIGITS.length)]).join('');

/** CRC-32 as base62. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = DIGITS[rest % DIGITS.length] + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}
