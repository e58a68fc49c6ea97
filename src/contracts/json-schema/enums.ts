/** Schemas of values from a fixed list, as JSON Schema's `enum`. */
import { type TSchemaOptions, Type } from 'typebox';

/** Returns the schema of a string that is one of `values`. */
export const StringEnum = <const Value extends string>(values: readonly Value[], options: TSchemaOptions = {}) =>
  Type.Unsafe<Value>({ type: 'string', enum: [...values], ...options });

/** Returns the schema of a whole number that is one of `values`. */
export const IntegerEnum = <const Value extends number>(values: readonly Value[], options: TSchemaOptions = {}) =>
  Type.Unsafe<Value>({ type: 'integer', enum: [...values], ...options });
