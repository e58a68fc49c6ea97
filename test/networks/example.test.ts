/** The example of docs/reference/networks.md, added to a copy of the project: it compiles, is described, trains and is served. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../../src/graph/session.js';
import { formulaImages, formulaLabels } from '../support/formula.js';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/reference/networks.md'), 'utf8');

/** Returns the code block after the first mention of a file of the example. */
function blockOf(place: string): string {
  const [, block] =
    new RegExp(`${place}[^\`]*\`\`\`ts\n(.*?)\`\`\``, 's').exec(text.slice(text.indexOf('code blocks'))) ?? [];
  if (block === undefined) throw new Error(`docs/reference/networks.md has no code for ${place}.`);
  return block;
}

/** The modules of the copy have the types of the project, and one more network. */
type Modules = Readonly<{
  networks: typeof import('../../src/networks/index.js');
  job: typeof import('../../src/contracts/jobs/job.js');
  options: typeof import('../../src/contracts/networks/network-options.js');
  program: typeof import('../../src/training/step/program.js');
  serving: typeof import('../../src/training/result/serving-graph.js');
}>;

let folder: string;
let copy: Modules;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-example-'));
  for (const name of ['src', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const file of ['src/networks/vgg.ts', 'src/contracts/networks/vgg.ts']) {
    writeFileSync(join(folder, file), blockOf(`\n\`${file}\`:`));
  }
  addLine('src/networks/index.ts', /^export const networks.*= \{$/m);
  addLine('src/contracts/networks/network-options.ts', /^const [\w]+ = \{$/m);
  const load = (file: string) => import(join(folder, 'src', file));
  copy = {
    networks: await load('networks/index.ts'),
    job: await load('contracts/jobs/job.ts'),
    options: await load('contracts/networks/network-options.ts'),
    program: await load('training/step/program.ts'),
    serving: await load('training/result/serving-graph.ts'),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Inserts the import and the line of the table, both first. */
function addLine(file: string, table: RegExp): void {
  const path = join(folder, file);
  const [imported, line] = blockOf(`in the table of \`${file}\`, and the import:`).split('\n');
  const before = readFileSync(path, 'utf8');
  const after = before.replace(table, (start) => `${start}\n${line}`);
  if (after === before) throw new Error(`${file} has no table.`);
  writeFileSync(path, `${imported}\n${after}`);
}

/** Part of a request; the types of the project do not know `vgg`. */
const request = (fields: object) => ({ network: 'vgg', ...fields }) as never;

describe('the example network of the docs', () => {
  it('compiles under the rules of this project, with all edits that the docs describe', () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    const types = ['--typeRoots', join(root, 'node_modules/@types')];
    expect(spawnSync(tsc, ['-p', folder, '--noEmit', ...types], { encoding: 'utf8' })).toMatchObject({
      stdout: '',
      status: 0,
    });
  });

  it('is accepted in a job request with its own options only', () => {
    const isRequest = (fields: object) => Value.Check(copy.job.JobRequest, request(fields));
    expect(isRequest({})).toBe(true);
    expect(isRequest({ networkOptions: { width: 8, blocks: [2, 2] } })).toBe(true);
    expect(isRequest({ networkOptions: { stem: 'small' } })).toBe(false);
    expect(copy.options.checkNetworkOptions(copy.job.resolveJob(request({})))).toEqual([]);
    const described = copy.networks.describeNetworks().find(({ name }) => name === ('vgg' as never));
    expect(described).toMatchObject({ title: 'VGG', variants: [], minimumResize: 8 });
    expect(Object.keys((described?.options as { properties?: object } | undefined)?.properties ?? {})).toEqual([
      'width',
      'blocks',
      'dropRate',
    ]);
  });

  it('has the shapes and the smallest size that the docs state', () => {
    const { network, networkOptions } = copy.job.resolveJob(request({}));
    const size = (side: number) => ({ channels: 1, height: side, width: side });
    const summary = copy.networks.summarize({ network, networkOptions }, size(28), 10);
    expect(summary.layers.map(({ name, outputShape }) => [name, ...outputShape.slice(1)])).toEqual([
      ['stage1', 16, 14, 14],
      ['stage2', 32, 7, 7],
      ['avgpool', 32, 1, 1],
      ['classifier', 10],
    ]);
    expect(summary.parameters).toBe(9 * 16 + 32 + 9 * 16 * 32 + 64 + 9 * 32 * 32 + 64 + 330);
    expect(copy.networks.summarize({ network, networkOptions }, size(4), 10).parameters).toBe(summary.parameters);
    expect(() => copy.networks.summarize({ network, networkOptions }, size(3), 10)).toThrow(
      'VGG with these options needs images of at least 4×4 pixels, not 3×3.',
    );
  });

  it('memorizes a batch with dropout, and is served with the same outputs', () => {
    const optimizer = { name: 'adam', learningRate: 0.01 };
    const spec = copy.job.resolveJob(
      request({ networkOptions: { dropRate: 0.1 }, dataset: { resize: 28 }, batchSize: 8, optimizer }),
    );
    const image = { height: 28, width: 28, channels: 1 };
    const program = copy.program.openProgram(spec, image, 10);
    try {
      const batch = { images: formulaImages(0, 8), labels: formulaLabels(0, 8) };
      const losses = Array.from({ length: 60 }, (_, step) => program.train(batch, step + 1).loss);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.5);
      const logits = program.logits(batch.images);
      const { savedModel } = copy.serving.writeServingModels(spec, image, 10, program.weights());
      writeFileSync(join(serving(), 'saved_model.pb'), savedModel);
      const served = openSession(serving());
      const [answers = []] = served.run({ images: { dtype: 'uint8', shape: [8, 28, 28, 1], values: batch.images } }, [
        'logits',
      ]);
      served.close();
      expect(Math.max(...logits.map((logit, i) => Math.abs(logit - (answers[i] ?? Number.NaN))))).toBeLessThan(1e-4);
    } finally {
      program.close();
    }
  });
});

/** A temporary folder for the serving graph. */
function serving(): string {
  const path = join(folder, 'serving');
  mkdirSync(path, { recursive: true });
  return path;
}
