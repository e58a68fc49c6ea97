/** Checks the Markdown pages of the repository: relative links and paths name files, anchors headings, and commands scripts of package.json. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const FOLDERS = ['docs', 'examples', '.github'];
/** Files that a reader of docs/reference/networks.md adds. */
const EXAMPLE_FILES = ['src/networks/vgg.ts', 'src/contracts/networks/vgg.ts'];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Lists the Markdown files at the root of the repository and in the folders that hold documentation. */
function listPages(): string[] {
  const inFolder = (folder: string, recursive: boolean) =>
    readdirSync(join(root, folder), { recursive, encoding: 'utf8' }).map((file) => join(folder, file));
  const files = [...inFolder('.', false), ...FOLDERS.flatMap((folder) => inFolder(folder, true))];
  return files.filter((file) => file.endsWith('.md')).sort();
}

/** Reads a page without its code blocks, whose brackets are no links and whose `#` lines are no headings. */
const readProse = (path: string): string => readFileSync(path, 'utf8').replace(/^( *)(```|~~~)[\s\S]*?^\1\2$/gm, '');

/** Returns the anchors that GitHub gives to the headings of a page; a repeated heading gets `-1`, `-2` and so on. */
function listAnchors(path: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of readProse(path).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    const repeats = seen.get(slug) ?? 0;
    seen.set(slug, repeats + 1);
    anchors.add(repeats === 0 ? slug : `${slug}-${repeats}`);
  }
  return anchors;
}

/** Lists the targets of a page's links, images included, that lead to no other host. */
function listTargets(path: string): string[] {
  const prose = readProse(path).replace(/`[^`\n]*`/g, (code) => '`'.repeat(code.length));
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/(?:src|srcset|href)="([^"]+)"/g)];
  return links.map(([, target = '']) => target).filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** Returns why a link leads nowhere; undefined if it leads somewhere. */
function findFault(page: string, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page : join(dirname(page), decodeURIComponent(file));
  if (relative(root, path).startsWith('..')) return 'leaves the repository';
  if (!existsSync(path)) return 'no such file';
  if (anchor !== undefined && path.endsWith('.md') && !listAnchors(path).has(anchor)) return 'no such heading';
  return undefined;
}

test.each(listPages())('%s has links that lead somewhere', (page) => {
  const path = join(root, page);
  const faults = listTargets(path).flatMap((target) => {
    const fault = findFault(path, target);
    return fault === undefined ? [] : [`${target}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

test('every `npm run` command on a page is a script of package.json', () => {
  const commands = listPages().flatMap((page) => [
    ...readFileSync(join(root, page), 'utf8').matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g),
  ]);
  expect([...new Set(commands.map(([, name = '']) => name))].filter((name) => !(name in scripts))).toEqual([]);
});

test('every path of the repository in backquotes on a page exists', () => {
  const paths = listPages().flatMap((page) =>
    [...readProse(join(root, page)).matchAll(/`((?:src|test|bench|scripts|examples|docs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => `${page}: ${path}`,
    ),
  );
  const isFound = (path: string): boolean => existsSync(join(root, path)) || EXAMPLE_FILES.includes(path);
  expect(paths.filter((line) => !isFound(line.slice(line.indexOf(': ') + 2)))).toEqual([]);
});
