/** The worked example of docs/networks.md, as it stands there: it compiles, and it learns. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradients } from '../../src/graph/gradients.js';
import { Graph, type Tensor } from '../../src/graph/graph.js';
import { softmaxCrossEntropy } from '../../src/graph/loss.js';
import { mean } from '../../src/graph/ops.js';
import { formulaLabels } from '../support/formula.js';
import { openGraph } from '../support/run-graph.js';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/networks.md'), 'utf8');
/** The block behind the comment that names this test. */
const [, example = ''] = /test\/networks\/example\.test\.ts runs this block[^`]*```ts\n(.*?)```/s.exec(text) ?? [];

type Example = Readonly<{
  vgg(x: Tensor, classes: number, options: Options): Tensor;
  smallestVggSide(options: Options): number;
}>;
type Options = Readonly<{ width: number; blocks: readonly number[]; dropRate: number }>;

let folder: string;
let module: Example;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trainyard-example-'));
  // As a file of src/networks would be, but elsewhere: its imports are made absolute.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'vgg.ts'), example.replaceAll("from '../", `from '${root}/src/`));
  module = (await import(join(folder, 'vgg.ts'))) as Example;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const image = (graph: Graph, side: number) => graph.placeholder('images', 'float32', [-1, side, side, 1]);

describe('the network of the worked example', () => {
  it('compiles by the rules of this project', () => {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { rootDir: '/', noEmit: true, typeRoots: [join(root, 'node_modules/@types')] },
      include: [],
      files: ['vgg.ts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules/.bin/tsc');
    expect(spawnSync(tsc, ['-p', folder], { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
  });

  it('has the shapes and the smallest size that it says', () => {
    const graph = new Graph();
    const options = { width: 16, blocks: [1, 2], dropRate: 0 };
    expect(module.vgg(image(graph, 28), 10, options).shape).toEqual([-1, 10]);
    expect(graph.layers.map(({ name, output }) => [name, ...output.shape.slice(1)])).toEqual([
      ['stage1', 14, 14, 16],
      ['stage2', 7, 7, 32],
      ['avgpool', 1, 1, 32],
      ['classifier', 10],
    ]);
    expect(graph.count('parameter')).toBe(9 * 16 + 32 + 9 * 16 * 32 + 64 + 9 * 32 * 32 + 64 + 330);
    const smallest = module.smallestVggSide(options);
    expect(module.vgg(image(new Graph(), smallest), 10, options).shape).toEqual([-1, 10]);
    expect(() => module.vgg(image(new Graph(), smallest - 1), 10, options)).toThrow(/at least 2 pixels a side, not 1/);
  });

  it('learns a batch by heart, with dropout', () => {
    const graph = new Graph();
    const labels = graph.placeholder('labels', 'int32', [-1]);
    const loss = mean(
      softmaxCrossEntropy(module.vgg(image(graph, 8), 4, { width: 16, blocks: [1, 2], dropRate: 0.1 }), labels),
    );
    const rate = graph.constant(0.1, 'float32');
    const updates = [...gradients(loss, graph.variablesOf('parameter'))].map(([{ handle }, gradient]) =>
      graph.op('ResourceApplyGradientDescent', [handle, rate, gradient], { T: 'float32', use_locking: false }, []),
    );
    const assigned = [...graph.variables.values()].map(({ handle, initial }) =>
      graph.op('AssignVariableOp', [handle, initial], { dtype: 'float32' }, []),
    );
    const ready = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { controls: assigned });
    const trained = graph.op('Identity', [loss], { T: 'float32' }, [], { controls: updates });
    const { session } = openGraph(graph, [ready, trained]);
    try {
      session.run({}, ['fetch_0']);
      const values = Float32Array.from({ length: 8 * 64 }, (_, i) => Math.sin(12.9898 * i * i));
      const losses = Array.from({ length: 30 }, (_, step) => {
        const feeds = {
          images: { dtype: 'float32' as const, shape: [8, 8, 8, 1], values },
          labels: { dtype: 'int32' as const, shape: [8], values: formulaLabels(0, 8).map((label) => label % 4) },
          draw: { dtype: 'int32' as const, shape: [2], values: Int32Array.of(0, step + 1) },
        };
        return session.run(feeds, ['fetch_1'])[0]?.[0] ?? Number.NaN;
      });
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.5);
    } finally {
      session.close();
    }
  });
});
