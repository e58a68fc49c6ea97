/** Checks of option values that several commands have. */
import { nearest } from '../spelling/nearest-words.js';
import { usageError } from './exit-codes.js';

/** Throws a usage error with the allowed words, the nearest first, if a word of an option is not among them. */
export function requireKnown(option: string, words: readonly string[], allowed: readonly string[], hint = ''): void {
  const unknown = words.find((word) => !allowed.includes(word));
  if (unknown === undefined) return;
  const sorted = [...new Set([...nearest(unknown, allowed), ...allowed])].join(', ');
  throw usageError(`${option} does not know ${JSON.stringify(unknown)}.`, `It knows ${sorted}.${hint}`);
}

/** Returns a number of a range. `name`: the option. */
export function wholeBetween(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw usageError(`${name} must be a whole number from ${low} to ${high} (got ${JSON.stringify(text)}).`);
}

/** Returns the number of entries that `--limit` asks for. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw usageError(`--limit must be a whole number from 1 (got ${text}).`);
  return value;
}
