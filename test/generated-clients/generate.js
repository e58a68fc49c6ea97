/** Prints the TypeScript types of an OpenAPI document with openapi-typescript: `node generate.js <file>`. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript-5';

const blob = /** @type {any} */ (ts.factory.createTypeReferenceNode('Blob'));

const ast = await openapiTS(pathToFileURL(resolve(process.argv[2] ?? 'openapi.yaml')), {
  // Request fields with a default stay optional.
  defaultNonNullable: false,
  // Files are bytes rather than strings.
  transform: ({ format }) => (format === 'binary' ? blob : undefined),
});
process.stdout.write(astToString(ast));
