/** Numbers and lists as text that people type. */
import type { FormField } from './job-form.js';
import type { Json } from './request-draft.js';

/** Returns a value as text for an input. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** A typed text: its value, or what is wrong with it. An empty text is the default. */
export type Typed = Readonly<{ value: Json | undefined } | { fault: string }>;

/** Reads a number, a list of numbers or a text, as the field needs. */
export function readText(text: string, { kind }: Pick<FormField, 'kind'>): Typed {
  const trimmed = text.trim();
  if (trimmed === '') return { value: undefined };
  if (kind === 'text') return { value: text };
  if (kind === 'list') return readList(trimmed);
  return readNumber(trimmed, kind === 'integer');
}

function readNumber(text: string, isWhole: boolean): Typed {
  const value = Number(text.replaceAll(/[_\s]/g, ''));
  if (!Number.isFinite(value)) return { fault: `must be a number, for example ${isWhole ? '32' : '0.01 or 1e-4'}` };
  return isWhole && !Number.isInteger(value) ? { fault: 'must be a whole number' } : { value };
}

function readList(text: string): Typed {
  const values = text
    .replace(/^\[|\]$/g, '')
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  return values.every(Number.isFinite) ? { value: values } : { fault: 'must be numbers, for example 1, 2, 4' };
}

/** Returns `8 to 512`, `above 0, at most 10`, or undefined without limits. */
export function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: FormField): string | undefined {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  const low = limit('at least', minimum) ?? limit('above', exclusiveMinimum);
  const high = limit('at most', maximum) ?? limit('below', exclusiveMaximum);
  const parts = [low, high].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(', ');
}

const limit = (words: string, value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${words} ${value}`;
