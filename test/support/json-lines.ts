/** JSON lines that a command prints, checked against a JSON Schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { parse } from 'yaml';

const ajv = new Ajv2020({ strict: false, discriminator: false });
addFormats.default(ajv);
ajv.addSchema(parse(readFileSync(join(import.meta.dirname, '../../openapi.yaml'), 'utf8')), 'openapi.yaml');

/** Checks every line against a schema, or against the schema of the contract with this name. Returns the values. */
export function expectLines(out: string, schema: string | object): object[] {
  const values = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const validate =
    typeof schema === 'string'
      ? ajv.getSchema(`openapi.yaml#/components/schemas/${schema}`)
      : ajv.compile<unknown>(schema);
  for (const value of values) {
    validate?.(value);
    expect({ schema, errors: validate?.errors ?? null, value }).toMatchObject({ errors: null });
  }
  expect(validate).toBeDefined();
  return values;
}

/** Returns the schema of an object with these properties and no others. All are required but those in `optional`. */
export const exactly = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
