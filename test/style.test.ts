/** Rules of docs/style-guide.md that a program can check. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'test', 'bench', 'scripts', 'docs', 'examples'];
/** Written by programs or by others, or about the words themselves. */
const FOREIGN =
  /^(CODE_OF_CONDUCT\.md|package-lock\.json|test\/golden\/|test\/style\.test\.ts|src\/client\/schema\.ts)/;

/** Returns the paths of the project's texts with one of these extensions. */
function textsOf(...extensions: readonly string[]): readonly string[] {
  const inFolder = (folder: string, recursive: boolean) =>
    readdirSync(join(root, folder), { recursive, encoding: 'utf8' }).map((file) => join(folder, file));
  const files = [...inFolder('.', false), ...FOLDERS.flatMap((folder) => inFolder(folder, true))];
  return files.filter(
    (path) => extensions.includes(extname(path)) && !FOREIGN.test(path) && !path.includes('node_modules'),
  );
}

/** Returns `path: match` for each match of a pattern in these files. */
function matches(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => {
    const found = readFileSync(join(root, path), 'utf8').match(pattern) ?? [];
    return found.map((match) => `${path}: ${match.trim()}`);
  });
}

it('names the content of a file in its header instead of asking what, which, how, where, when or why', () => {
  const header = /^(#!.*\n)?\/\*\*[\s*]*(What|Which|How|Where|When|Why) .*/;
  expect(matches(textsOf('.ts', '.tsx', '.js'), header)).toEqual([]);
});

it('writes maximum and minimum for limits', () => {
  expect(matches(textsOf('.ts', '.tsx', '.js'), /(\/\*\*|\/\/) (Most|Least|Fewest) .*/g)).toEqual([]);
});

it('spells normalize, initialize, recognize and optimize with z', () => {
  const british =
    /\b\w*(normalis|initialis|recognis|optimis|serialis|minimis|maximis|quantis|summaris)(e|es|ed|ing|ation)\b/gi;
  expect(matches(textsOf('.ts', '.tsx', '.js', '.py', '.md', '.yaml', '.json'), british)).toEqual([]);
});

it('declares no type under the names that meant several things', () => {
  const declared = /^(export )?(type|interface|class) (Place|Source|Batch|Deps|Position)\b.*/gm;
  expect(matches(textsOf('.ts', '.tsx'), declared)).toEqual([]);
});
