/**
 * Resolves `typescript` to TypeScript 5, whose compiler API openapi-typescript prints with. The project compiles with TypeScript 7,
 * which has no such API. Used as `node --import`.
 */
import { register } from 'node:module';

const hooks = `
  export function resolve(specifier, context, next) {
    return next(specifier === 'typescript' ? 'typescript-5' : specifier, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, import.meta.url);
