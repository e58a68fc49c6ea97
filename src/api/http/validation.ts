/** Validation of requests by their schemas: bodies as they are, queries and paths (which are text) converted first. */
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import { explain } from './validation-errors.js';

/** More are not told apart: the first few say enough. */
const MOST_ERRORS = 20;
/** Only in a value of at most this many fields and items are all errors looked for: each costs memory and time. */
const MOST_PARTS = 500;

export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  // Unknown fields stay in place to be refused by `additionalProperties: false`; nothing in a body is converted.
  const options = { verbose: true, removeAdditional: false, strict: false } as const;
  const body = { ...options, coerceTypes: false, useDefaults: false } as const;
  const text = { ...options, coerceTypes: 'array', useDefaults: true } as const;
  const validatorsOf = (settings: typeof body | typeof text) =>
    [false, true].map((allErrors) => addFormats.default(new Ajv({ ...settings, allErrors }))) as [Ajv, Ajv];
  const ofBody = validatorsOf(body);
  const ofText = validatorsOf(text);

  return ({ schema, httpPart }) => {
    const [first, all] = httpPart === 'body' ? ofBody : ofText;
    const validate = first.compile(schema);
    return (value: unknown) => {
      if (validate(value)) return { value };
      const thorough = isSmall(value) ? all.compile(schema) : validate; // compiled once: Ajv keeps it by the schema
      thorough(value);
      return { error: refusalOf(thorough.errors ?? [], httpPart ?? 'body') };
    };
  };
}

/** Whether a value has at most MOST_PARTS fields and items, however deep; it stops counting there. */
function isSmall(value: unknown): boolean {
  const pending = [value];
  for (let parts = 0; parts <= MOST_PARTS; parts++) {
    if (pending.length === 0) return true;
    const part = pending.pop();
    if (typeof part !== 'object' || part === null) continue;
    const inner = Array.isArray(part) ? part : Object.values(part);
    if (inner.length > MOST_PARTS) return false;
    pending.push(...inner);
  }
  return false;
}

/** What stands before the name of a field that is not in the body. */
const PLACES: Readonly<Record<string, string>> = { querystring: '?', headers: 'header ' };

function refusalOf(errors: readonly ErrorObject[], httpPart: string): TrainyardError {
  const fields = explain(errors)
    .slice(0, MOST_ERRORS)
    .map(({ pointer, message }) => ({
      pointer: httpPart === 'body' || httpPart === 'params' ? pointer : `${PLACES[httpPart] ?? ''}${pointer.slice(1)}`,
      message,
    }));
  return refuseFields(fields);
}

/** One error for fields that are wrong; its sentence names the first. */
export function refuseFields(fields: readonly FieldError[]): TrainyardError {
  const [first] = fields;
  const others = fields.length - 1;
  const subject = first === undefined || first.pointer === '' ? 'The body' : first.pointer;
  const more = others > 0 ? ` (and ${others} more, see errors)` : '';
  return new TrainyardError('invalid_request', `${subject} ${first?.message ?? 'is not valid'}${more}.`, {
    errors: fields,
  });
}
