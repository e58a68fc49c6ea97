/** Validation of requests by their schemas: bodies as they are, queries and paths (which are text) converted first. */
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { type FieldError, TrainyardError } from '../errors.js';
import { explain } from './validation-errors.js';

/** More are not told apart: the body is small, and the first few say enough. */
const MOST_ERRORS = 20;

export function createValidatorCompiler(): FastifySchemaCompiler<TSchema> {
  // Unknown fields stay in place to be refused by `additionalProperties: false`; nothing in a body is converted.
  const options = { allErrors: true, verbose: true, removeAdditional: false, strict: false } as const;
  const body = new Ajv({ ...options, coerceTypes: false, useDefaults: false });
  const text = new Ajv({ ...options, coerceTypes: true, useDefaults: true });
  for (const ajv of [body, text]) addFormats.default(ajv);

  return ({ schema, httpPart }) => {
    const validate = (httpPart === 'body' ? body : text).compile(schema);
    return (value: unknown) => {
      if (validate(value)) return { value };
      return { error: refusalOf(validate.errors ?? [], httpPart ?? 'body') };
    };
  };
}

function refusalOf(errors: readonly ErrorObject[], httpPart: string): TrainyardError {
  const fields = explain(errors)
    .slice(0, MOST_ERRORS)
    .map(({ pointer, message }) => ({
      pointer: httpPart === 'querystring' ? `?${pointer.slice(1)}` : pointer,
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
