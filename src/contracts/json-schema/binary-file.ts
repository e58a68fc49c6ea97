/** Schema of a file as raw bytes. */
import { type TSchemaOptions, Type } from 'typebox';

/** Returns the schema of a body or a form part that is a file. Generators of clients read `format: binary` as bytes. */
export const BinaryFile = <Content = never>(options: TSchemaOptions = {}) =>
  Type.Unsafe<Content>({ type: 'string', format: 'binary', ...options });
