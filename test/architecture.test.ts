/** Import rules of src/: the table of docs/engineering/architecture.md, checked against the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** Entry files of processes: they wire everything, and nobody imports them. */
const PROCESSES = ['main', 'server', 'worker', 'trainer', 'predictor', 'converter', 'builder', 'decoder', 'evaluator'];

/**
 * For each folder of src/, the folders it may import; `type x` only as a type. `config` is the one file beside the entry files.
 * Entry files may import everything.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  errors: [],
  spelling: [],
  wording: [],
  client: [],
  config: ['contracts', 'errors'],
  logging: [],
  concurrency: ['errors'],
  files: ['concurrency', 'contracts', 'errors'],
  formats: ['contracts', 'errors', 'files'],
  numerics: ['formats'],
  graph: ['errors'],
  networks: ['graph', 'errors', 'contracts', 'concurrency'],
  images: ['contracts', 'errors', 'concurrency'],
  processes: ['contracts', 'errors', 'concurrency', 'type images', 'type logging'],
  store: ['concurrency', 'contracts', 'errors', 'files', 'formats'],
  datasets: ['concurrency', 'contracts', 'errors', 'files', 'images', 'outbound', 'type processes'],
  training: ['concurrency', 'contracts', 'datasets', 'errors', 'formats', 'graph', 'networks', 'type store'],
  events: ['concurrency', 'contracts', 'errors', 'formats', 'type logging'],
  access: ['concurrency', 'contracts', 'errors', 'events', 'files'],
  tensorboard: ['contracts', 'files', 'type logging'],
  outbound: ['concurrency', 'contracts', 'errors'],
  webhooks: ['concurrency', 'contracts', 'errors', 'events', 'outbound', 'type logging'],
  queue: ['concurrency', 'contracts', 'errors', 'events', 'files', 'type logging', 'type processes'],
  exports: [
    'contracts',
    'errors',
    'files',
    'formats',
    'graph',
    'images',
    'numerics',
    'outbound',
    'training',
    'type processes',
    'type store',
  ],
  embedded: ['errors', 'files', 'processes', 'type logging'],
  inference: [
    'concurrency',
    'contracts',
    'errors',
    'files',
    'formats',
    'images',
    'numerics',
    'processes',
    'type graph',
    'type logging',
    'type store',
  ],
  cli: ['client', 'contracts', 'spelling', 'wording'],
  // It also uses the client, as the package `trainyard`: compiled, as it is published.
  console: ['wording', 'type contracts'],
  api: [
    'access',
    'concurrency',
    'contracts',
    'errors',
    'files',
    'formats',
    'numerics',
    'spelling',
    'type datasets',
    'type events',
    'type exports',
    'type inference',
    'type logging',
    'type processes',
    'type queue',
    'type store',
    'type webhooks',
  ],
};

/** Packages and globals that only these folders may use. */
const ONLY_IN: readonly [what: string, pattern: RegExp, allowed: (file: string) => boolean][] = [
  ['fastify', /from '(fastify|@fastify\/[^']+)'/, (file) => file.startsWith('api/')],
  ['bullmq', /from 'bullmq'/, (file) => /^(queue|webhooks)\//.test(file)],
  [
    'ioredis',
    /from 'ioredis'/,
    (file) => /^(queue|events|embedded)\//.test(file) || PROCESSES.includes(folderOf(file)),
  ],
  ['sharp', /from 'sharp'/, (file) => file.startsWith('images/') || file === 'inference/stored-evaluations.ts'],
  [
    'yauzl',
    /from 'yauzl'/,
    (file) => /^(datasets\/archive(-path)?|formats\/pytorch\/zip-file|files\/zip-listing)\.ts$/.test(file),
  ],
  ['onnxruntime-node', /['"]onnxruntime-node['"]/, (file) => file === 'graph/onnx-session.ts'],
  ['tfjs-node-gpu', /@tensorflow\/tfjs-node-gpu(?!\/dist\/proto)/, (file) => file === 'graph/session.ts'],
  // The session hands the native library its settings there, and reads none. The command has settings of its own.
  ['process.env', /process\.env/, (file) => ['config.ts', 'graph/session.ts', 'cli/settings.ts'].includes(file)],
];

/** Sub-folders of src/console, the lowest layer first: each imports only from itself and from the layers below. */
const CONSOLE_LAYERS = ['styles', 'data', 'router', 'keyboard', 'components', 'pages', 'shell', 'main.tsx'];

/** Its configuration belongs to Vite: a default export, which runs in Node.js. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && file !== 'console/vite.config.ts',
);
const isSource = new Set(files);

/** The folder of src/ a file lies in, or the name of a file beside the folders. */
function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.tsx?$/, '');
}

/** The sub-folder a file lies in; a file that lies directly in a folder of src/ counts by itself. */
const subfolderOf = (file: string): string => (file.split('/').length > 2 ? dirname(file) : file);

/** Paths that lead from a node back to itself. */
function cyclesOf(arrows: readonly Readonly<{ from: string; to: string }>[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (node: string): void => {
    if (path.includes(node)) {
      cycles.push([...path.slice(path.indexOf(node)), node].join(' → '));
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    for (const to of next.get(node) ?? []) visit(to);
    path.pop();
    done.add(node);
  };
  for (const node of next.keys()) visit(node);
  return cycles;
}

/** The text without comments: they may name what the code must not. */
const codeOf = (file: string): string =>
  readFileSync(join(source, file), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');

type Import = Readonly<{ from: string; to: string; isType: boolean }>;

/** Imports and re-exports of our own files. `import { type A, type B }` counts as one of types. */
function importsOf(file: string): Import[] {
  const statements = codeOf(file).matchAll(/^(?:import|export)\s+(type\s+)?([^;]*?)\s*from\s+'(\.[^']+)'/gm);
  return [...statements].map(([, type, clause = '', path = '']) => {
    const names = /^\{([^}]*)\}$/
      .exec(clause.trim())?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const isType = type !== undefined || names?.every((name) => name.startsWith('type ')) === true;
    const compiled = relative(source, join(source, dirname(file), path));
    const [to = compiled] = ['.ts', '.tsx']
      .map((end) => compiled.replace(/\.js$/, end))
      .filter((each) => isSource.has(each));
    return { from: file, to, isType };
  });
}

const imports = files.flatMap(importsOf);

/** The rows of the page's table, as `MAY_IMPORT` has them. */
function readPageRules(): Record<string, string[]> {
  const page = readFileSync(join(import.meta.dirname, '../docs/engineering/architecture.md'), 'utf8');
  const section = page.slice(page.indexOf('\n## Who may import whom\n'));
  const rows = [...section.matchAll(/^\| `([a-z]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  const namesIn = (cell: string) => [...cell.matchAll(/`([a-z]+)`/g)].map(([, name = '']) => name);
  return Object.fromEntries(
    rows.map(([, folder = '', values = '', types = '']) => [
      folder,
      [...namesIn(values), ...namesIn(types).map((name) => `type ${name}`)],
    ]),
  );
}

describe('the sources', () => {
  test('are described by the table of docs/engineering/architecture.md', () => {
    const rules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => [folder, [...allowed].sort()]);
    const described = Object.entries(readPageRules()).map(([folder, allowed]) => [folder, allowed.sort()]);
    expect(Object.fromEntries(described)).toEqual(Object.fromEntries(rules));
  });

  test('import what the table allows, and nothing else', () => {
    const forbidden = imports
      .map((found) => ({ ...found, folder: folderOf(found.from), target: folderOf(found.to) }))
      .filter(({ folder, target, isType }) => {
        if (folder === target || PROCESSES.includes(folder)) return PROCESSES.includes(target) && folder !== target;
        const allowed = MAY_IMPORT[folder] ?? [];
        return !allowed.includes(target) && !(isType && allowed.includes(`type ${target}`));
      })
      .map(({ from, to, isType }) => `${from} imports ${isType ? 'type ' : ''}${to}`);
    expect(forbidden).toEqual([]);
  });

  test('of the console import from their own layer and the layers below', () => {
    const layerOf = (file: string) => CONSOLE_LAYERS.indexOf(file.split('/')[1] ?? '');
    const inConsole = imports.filter(({ from, to }) => from.startsWith('console/') && to.startsWith('console/'));
    const upward = inConsole.filter(({ from, to }) => layerOf(from) < 0 || layerOf(to) > layerOf(from));
    expect(upward.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    const pageOf = (file: string) => /^console\/pages\/([^/]+)\//.exec(file)?.[1];
    const across = inConsole.filter(({ from, to }) => pageOf(from) && pageOf(to) && pageOf(from) !== pageOf(to));
    expect(across.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('lie in folders of the table', () => {
    const known = [...Object.keys(MAY_IMPORT), ...PROCESSES];
    expect(files.map(folderOf).filter((folder) => !known.includes(folder))).toEqual([]);
  });

  test.each(ONLY_IN)('use %s only where it belongs', (_, pattern, allowed) => {
    expect(files.filter((file) => !allowed(file) && pattern.test(codeOf(file)))).toEqual([]);
  });

  test('import dynamically and by side effect nothing of ours', () => {
    // The command loads what it runs, and nothing else, so that it starts fast. The console loads a page when it is opened, and
    // imports CSS.
    const others = files.filter((file) => !/^(cli|console)\//.test(file));
    expect(others.filter((file) => /import\(\s*['"`]\.|^import '\./m.test(codeOf(file)))).toEqual([]);
  });

  test('have no import cycles, types included', () => {
    expect(cyclesOf(imports)).toEqual([]);
  });

  test('have no import cycles between sub-folders, types included', () => {
    const between = imports.map(({ from, to }) => ({ from: subfolderOf(from), to: subfolderOf(to) }));
    expect(cyclesOf(between.filter(({ from, to }) => from !== to))).toEqual([]);
  });

  test('have names that occur once, except index.ts', () => {
    const names = files.map((file) => basename(file)).filter((name) => name !== 'index.ts');
    const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
    expect(files.filter((file) => repeated.has(basename(file)))).toEqual([]);
  });

  test('begin with a comment that says what each file is for, and export by name', () => {
    const sources = files.map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));
    expect(sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ file }) => file)).toEqual([]);
    expect(sources.filter(({ text }) => /^export default /m.test(text)).map(({ file }) => file)).toEqual([]);
  });

  test('have no function of more than 80 lines', () => {
    const long = files.flatMap((file) => functionLengths(file).filter(({ lines }) => lines > 80));
    expect(long).toEqual([]);
  });

  test('finds a function of more than 80 lines', () => {
    const body = '  call();\n'.repeat(80);
    expect(lengthsIn('long.ts', `const f = async () => {\n${body}};\nclass A { b() {} }`)).toEqual([
      { line: 1, lines: 82 },
      { line: 83, lines: 1 },
    ]);
  });
});

type Node = Readonly<{ type: string; start: number; end: number }>;

function functionLengths(file: string): Readonly<{ file: string; line: number; lines: number }>[] {
  return lengthsIn(file, readFileSync(join(source, file), 'utf8')).map((each) => ({ file, ...each }));
}

/** Returns the first line and the number of lines of every function in a TypeScript source. */
function lengthsIn(file: string, text: string): Readonly<{ line: number; lines: number }>[] {
  const { program, errors } = parseSync(file, text);
  expect(errors).toEqual([]);
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  return nodesOf(program)
    .filter(({ type }) => type === 'FunctionDeclaration' || type === 'FunctionExpression' || type.startsWith('Arrow'))
    .map(({ start, end }) => ({ line: lineAt(start), lines: lineAt(end) - lineAt(start) + 1 }));
}

/** Yields every node of a syntax tree, parents before children. */
function nodesOf(tree: unknown): Node[] {
  if (tree === null || typeof tree !== 'object') return [];
  const own = 'type' in tree && 'start' in tree ? [tree as Node] : [];
  return [...own, ...Object.values(tree).flatMap(nodesOf)];
}
