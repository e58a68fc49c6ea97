/** Who may import whom: the table of docs, read off the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** Stations that nobody imports: each process is one file. */
const PROCESSES = ['main', 'server', 'worker', 'trainer', 'predictor', 'converter', 'builder', 'decoder'];

/**
 * Per station, the stations it may import; `type x` only as a type. A station is a folder of src/ or a file beside them.
 * The process files may import everything.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  errors: [],
  config: ['contracts', 'errors'],
  hardware: ['type contracts'],
  logger: ['repeats'],
  repeats: [],
  lifecycle: ['errors', 'type logger'],
  fitness: ['type logger'],
  'start-check': ['contracts', 'errors', 'child-command', 'type logger'],
  'child-output': [],
  safetensors: ['errors'],
  golden: ['errors', 'safetensors'],
  'model-card': ['contracts'],
  'child-command': ['child-output', 'type logger'],
  conversions: ['contracts', 'errors', 'child-command', 'fair-turns', 'type logger'],
  'helper-process': ['contracts', 'errors', 'child-output', 'type logger'],
  'helper-answers': ['contracts', 'errors'],
  builds: ['contracts', 'errors', 'fair-turns', 'helper-process', 'type logger'],
  'large-images': ['helper-process', 'type images', 'type logger'],
  'fair-turns': ['errors'],
  turns: [],
  remembering: [],
  sharing: [],
  priority: [],
  softmax: [],
  'frame-text': ['type contracts'],
  pacer: [],
  graph: ['errors'],
  networks: ['graph', 'errors', 'contracts', 'remembering'],
  images: ['contracts', 'errors', 'fair-turns'],
  paths: ['contracts', 'errors'],
  datasets: ['contracts', 'errors', 'images', 'paths', 'sharing', 'store', 'type conversions'],
  training: [
    'contracts',
    'errors',
    'graph',
    'networks',
    'datasets',
    'golden',
    'safetensors',
    'remembering',
    'type store',
  ],
  store: ['contracts', 'errors', 'paths', 'safetensors', 'sharing', 'turns'],
  events: ['contracts', 'errors', 'frame-text', 'pacer', 'type logger'],
  tensorboard: ['contracts', 'paths', 'type logger'],
  webhooks: ['contracts', 'errors', 'events', 'turns', 'type logger'],
  queue: ['contracts', 'errors', 'events', 'webhooks', 'type fitness', 'type supervisor', 'type logger'],
  supervisor: ['contracts', 'errors', 'child-output', 'type logger'],
  exports: [
    'contracts',
    'errors',
    'golden',
    'graph',
    'training',
    'safetensors',
    'model-card',
    'type conversions',
    'type store',
  ],
  embedded: ['disk', 'errors', 'type logger'],
  disk: [],
  inference: [
    'contracts',
    'errors',
    'images',
    'child-output',
    'golden',
    'safetensors',
    'sharing',
    'turns',
    'softmax',
    'type fair-turns',
    'type conversions',
    'type store',
    'type logger',
    'type graph',
  ],
  api: [
    'contracts',
    'disk',
    'errors',
    'frame-text',
    'model-card',
    'pacer',
    'softmax',
    'type queue',
    'type events',
    'type store',
    'type datasets',
    'type inference',
    'type exports',
    'type builds',
    'type fair-turns',
    'type webhooks',
    'type logger',
  ],
};

/** Packages and globals that only these stations may use. */
const ONLY_IN: readonly [what: string, pattern: RegExp, allowed: (file: string) => boolean][] = [
  ['fastify', /from '(fastify|@fastify\/[^']+)'/, (file) => file.startsWith('api/')],
  ['bullmq', /from 'bullmq'/, (file) => file.startsWith('queue/')],
  [
    'ioredis',
    /from 'ioredis'/,
    (file) => /^(queue|events|embedded)\//.test(file) || PROCESSES.includes(stationOf(file)),
  ],
  ['sharp', /from 'sharp'/, (file) => file.startsWith('images/') || file === 'inference/evaluations.ts'],
  ['yauzl', /from 'yauzl'/, (file) => /^datasets\/(archive|archive-path|zip-region)\.ts$/.test(file)],
  ['onnxruntime-node', /['"]onnxruntime-node['"]/, (file) => file === 'graph/onnx-session.ts'],
  ['tfjs-node-gpu', /@tensorflow\/tfjs-node-gpu(?!\/dist\/proto)/, (file) => file === 'graph/session.ts'],
  // The session hands the native library its settings there, and reads none.
  ['process.env', /process\.env/, (file) => file === 'config.ts' || file === 'graph/session.ts'],
];

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** The folder of src/ a file lies in, or its own name. */
function stationOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '');
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
    const to = relative(source, join(source, dirname(file), path)).replace(/\.js$/, '.ts');
    return { from: file, to, isType };
  });
}

const imports = files.flatMap(importsOf);

describe('the sources', () => {
  test('import what the table allows, and nothing else', () => {
    const forbidden = imports
      .map((found) => ({ ...found, station: stationOf(found.from), target: stationOf(found.to) }))
      .filter(({ station, target, isType }) => {
        if (station === target || PROCESSES.includes(station)) return PROCESSES.includes(target) && station !== target;
        const allowed = MAY_IMPORT[station] ?? [];
        return !allowed.includes(target) && !(isType && allowed.includes(`type ${target}`));
      })
      .map(({ from, to, isType }) => `${from} imports ${isType ? 'type ' : ''}${to}`);
    expect(forbidden).toEqual([]);
  });

  test('lie in stations of the table', () => {
    const known = [...Object.keys(MAY_IMPORT), ...PROCESSES];
    expect(files.map(stationOf).filter((station) => !known.includes(station))).toEqual([]);
  });

  test.each(ONLY_IN)('use %s only where it belongs', (_, pattern, allowed) => {
    expect(files.filter((file) => !allowed(file) && pattern.test(codeOf(file)))).toEqual([]);
  });

  test('import dynamically and by side effect nothing of ours', () => {
    expect(files.filter((file) => /import\(\s*['"`]\.|^import '\./m.test(codeOf(file)))).toEqual([]);
  });

  test('have no cycles, types aside', () => {
    const graph = new Map<string, string[]>(files.map((file) => [file, []]));
    for (const { from, to, isType } of imports) if (!isType) graph.get(from)?.push(to);
    const done = new Set<string>();
    const path: string[] = [];
    const cycles: string[] = [];
    const visit = (file: string): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      if (done.has(file)) return;
      path.push(file);
      for (const next of graph.get(file) ?? []) visit(next);
      path.pop();
      done.add(file);
    };
    for (const file of files) visit(file);
    expect(cycles).toEqual([]);
  });

  test('begin with a comment that says what each file is for, and export by name', () => {
    const sources = files.map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));
    expect(sources.filter(({ text }) => !text.startsWith('/**')).map(({ file }) => file)).toEqual([]);
    expect(sources.filter(({ text }) => /^export default /m.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
