/**
 * Writes src/client/schema.ts, the types of the client, from openapi.yaml and the table of error codes: `node scripts/client-schema.js`.
 * With `--check` it only checks that the file is up to date. `npm run openapi` calls it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

// openapi-typescript prints with the compiler API of TypeScript 5. The project compiles with TypeScript 7, which has no such API.
const hooks = `
  export function resolve(specifier, context, next) {
    return next(specifier === 'typescript' ? 'typescript-5' : specifier, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, import.meta.url);

const FILE = fileURLToPath(new URL('../src/client/schema.ts', import.meta.url));
const HEADER =
  '/** Types of the API. `npm run openapi` generates this file from openapi.yaml and the table of error codes: do not edit it. */\n';

/** Returns the text of schema.ts. */
export async function describeTypes() {
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  const { default: ts } = await import('typescript-5');
  const { ERROR_CODES } = await import(new URL('../dist/errors/errors.js', import.meta.url).href);
  const blob = /** @type {any} */ (ts.factory.createTypeReferenceNode('Blob'));
  const ast = await openapiTS(new URL('../openapi.yaml', import.meta.url), {
    // Request fields with a default stay optional.
    defaultNonNullable: false,
    // Files are bytes rather than strings.
    transform: ({ format }) => (format === 'binary' ? blob : undefined),
  });
  const codes = ERROR_CODES.map((/** @type {string} */ code) => `\n    | '${code}'`).join('');
  const codeType = `/** Stable codes of the service's errors. */\nexport type ErrorCode =${codes};\n`;
  return `${HEADER}${astToString(ast).replace(/\/\*\*\n \* This file was auto-generated[\s\S]*?\*\/\n/, '')}${codeType}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await describeTypes();
  if (process.argv.includes('--check')) {
    const found = await readFile(FILE, 'utf8').catch(() => '');
    if (found !== text) {
      console.error('src/client/schema.ts is out of date: run `npm run openapi` and commit the file.');
      process.exitCode = 1;
    }
  } else {
    await writeFile(FILE, text);
    console.log(`Wrote ${FILE}.`);
  }
}
