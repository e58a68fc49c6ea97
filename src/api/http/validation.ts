/** Ajv validators of requests. Bodies are taken as they are; queries, paths and headers are converted from text. */
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { type FieldError, TrainyardError } from '../../errors/errors.js';
import { explain } from './validation-errors.js';

/** Maximum number of errors that a refusal lists. */
const MAX_ERRORS = 20;
/** Only values with at most this many fields and items are searched for all errors: each error costs memory and time. */
const MAX_PARTS = 500;

/** Returns the compiler. It compiles each schema at the first request that needs it: the API starts sooner. */
export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  // Unknown fields are not removed, so that `additionalProperties: false` refuses them.
  // Ajv's optimizer doubles the time to compile the schemas, and makes a validation 10 % faster: 0.3 µs for a job.
  const options = { verbose: true, removeAdditional: false, strict: false, code: { optimize: false } } as const;
  const body = { ...options, coerceTypes: false, useDefaults: false } as const;
  const text = { ...options, coerceTypes: 'array', useDefaults: true } as const;
  const validatorsOf = (settings: typeof body | typeof text) =>
    [false, true].map((allErrors) => addFormats.default(new Ajv({ ...settings, allErrors }))) as [Ajv, Ajv];
  const ofBody = validatorsOf(body);
  const ofText = validatorsOf(text);

  return ({ schema, httpPart }) => {
    const [first, all] = httpPart === 'body' ? ofBody : ofText;
    // Ajv caches compiled schemas.
    return (value: unknown) => {
      const validate = first.compile(schema);
      if (validate(value)) return { value };
      const thorough = isSmall(value) ? all.compile(schema) : validate;
      thorough(value);
      return { error: refusalOf(thorough.errors ?? [], schema, httpPart ?? 'body') };
    };
  };
}

/** Returns whether a value has at most MAX_PARTS fields and items at all depths. Stops counting there. */
function isSmall(value: unknown): boolean {
  const pending = [value];
  for (let parts = 0; parts <= MAX_PARTS; parts++) {
    if (pending.length === 0) return true;
    const part = pending.pop();
    if (typeof part !== 'object' || part === null) continue;
    const inner = Array.isArray(part) ? part : Object.values(part);
    if (inner.length > MAX_PARTS) return false;
    pending.push(...inner);
  }
  return false;
}

/** Prefix of the pointer to a field outside the body. */
const PREFIXES: Readonly<Record<string, string>> = { querystring: '?', headers: 'header ' };

function refusalOf(errors: readonly ErrorObject[], schema: TSchema, httpPart: string): TrainyardError {
  const fields = explain(errors, schema)
    .slice(0, MAX_ERRORS)
    .map(({ pointer, message }) => ({
      pointer:
        httpPart === 'body' || httpPart === 'params' ? pointer : `${PREFIXES[httpPart] ?? ''}${pointer.slice(1)}`,
      message,
    }));
  return refuseFields(fields);
}

/** Returns one `invalid_request` for all wrong fields; its message describes the first. */
export function refuseFields(fields: readonly FieldError[]): TrainyardError {
  const [first] = fields;
  const others = fields.length - 1;
  const subject = first === undefined || first.pointer === '' ? 'The body' : first.pointer;
  const more = others > 0 ? ` (and ${others} more, see errors)` : '';
  const sentence = `${subject} ${first?.message ?? 'is not valid'}${more}`;
  return new TrainyardError('invalid_request', sentence.endsWith('?') ? sentence : `${sentence}.`, { errors: fields });
}
