/** Initial weights, BatchNorm folding and learning of each variant. */
import { describe, expect, it } from 'vitest';
import { resolveJob } from '../../src/contracts/jobs/job.js';
import { type Architecture, type OptionsOf, resolveNetworkOptions } from '../../src/contracts/networks/network.js';
import { Graph } from '../../src/graph/graph.js';
import { buildNetwork } from '../../src/networks/index.js';
import { writeServingModels } from '../../src/training/result/serving-graph.js';
import { openProgram, type Program } from '../../src/training/step/program.js';
import { formulaImages, formulaLabels } from '../support/formula.js';
import { openGraph } from '../support/run-graph.js';

const IMAGE = { height: 28, width: 28, channels: 1 };
const small = { stem: 'small', width: 16, blocks: [1, 1] } as const;
const resnetOf = (request: Partial<OptionsOf['resnet']>): Architecture => ({
  network: 'resnet',
  networkOptions: resolveNetworkOptions('resnet', { ...small, blocks: [1, 1], ...request }),
});
const densenetOf = (request: Partial<OptionsOf['densenet']>): Architecture => ({
  network: 'densenet',
  networkOptions: resolveNetworkOptions('densenet', { ...small, blocks: [2, 2], growth: 16, ...request }),
});
const resnets = (['tutorial', 'resnet18', 'resnet50'] as const).map((variant) => resnetOf({ variant }));
const densenets = (['tutorial', 'densenet121'] as const).map((variant) => densenetOf({ variant }));
const all = [...resnets, ...densenets].map((of) => [`${of.network} ${of.networkOptions.variant}`, of] as const);

function withProgram<T>(architecture: Architecture, use: (program: Program) => T): T {
  const spec = {
    ...resolveJob({ network: 'resnet', dataset: { resize: 28 }, optimizer: { learningRate: 0.005 } }),
    ...architecture,
  };
  const program = openProgram(spec, IMAGE, 10);
  try {
    return use(program);
  } finally {
    program.close();
  }
}

const deviation = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('the initial weights of', () => {
  it.each([
    ['a ResNet', resnetOf({ variant: 'resnet50' }), 'fc', (k: number, _: number, out: number) => k * out],
    ['a DenseNet', densenetOf({ variant: 'densenet121' }), 'classifier', (k: number, input: number) => k * input],
  ] as const)('%s of torchvision are normal with √(2 / fan), without biases', (_, architecture, classifier, fanOf) => {
    withProgram(architecture, ({ shapes, weights }) => {
      const start = weights();
      const convolutions = [...shapes].filter(([, shape]) => shape.length === 4);
      for (const [name, [height = 0, width = 0, input = 0, output = 0]] of convolutions) {
        const values = start.get(name) ?? new Float32Array();
        const wanted = Math.sqrt(2 / fanOf(height * width, input, output));
        const tolerance = 5 / Math.sqrt(2 * values.length); // five standard errors of the standard deviation
        expect(Math.abs(deviation(values) / wanted - 1), name).toBeLessThan(tolerance);
        expect(start.has(name.replace(/weight$/, 'bias')), name).toBe(false);
        if (values.length > 2_000) expect(Math.max(...values.map(Math.abs)) / wanted, name).toBeGreaterThan(2.5); // the distribution is not truncated
      }
      expect(convolutions.length).toBeGreaterThan(8);
      const linear = start.get(`${classifier}.weight`) ?? new Float32Array();
      const bound = 1 / Math.sqrt(shapes.get(`${classifier}.weight`)?.[0] ?? 0);
      expect(Math.max(...linear.map(Math.abs))).toBeLessThanOrEqual(bound * 1.000001);
      expect(Math.max(...linear.map(Math.abs))).toBeGreaterThan(bound * 0.95);
      const bias = start.get(`${classifier}.bias`) ?? new Float32Array();
      if (classifier === 'classifier') expect([...bias]).toEqual(Array(10).fill(0));
      else expect(new Set(bias).size).toBe(10);
    });
  });

  it.each([
    ['tutorial', 'bn2'],
    ['resnet18', 'bn2'],
    ['resnet50', 'bn3'],
  ] as const)(
    '%s are 0 in the last BatchNorm of each residual with zeroInitResidual, and 1 without',
    (variant, last) => {
      const zeros = (zeroInitResidual: boolean) =>
        withProgram(resnetOf({ variant, zeroInitResidual }), ({ shapes, weights }) => {
          const start = weights();
          const norms = [...shapes.keys()].filter((name) => shapes.has(name.replace(/weight$/, 'running_mean')));
          return norms.filter((name) => name.endsWith('.weight') && start.get(name)?.every((value) => value === 0));
        });
      expect(zeros(false)).toEqual([]);
      const found = zeros(true);
      expect(found).toHaveLength(2);
      for (const name of found) expect(name).toMatch(new RegExp(`\\.${last}\\.weight$`));
    },
  );
});

describe.each(all)('%s', (_, architecture) => {
  const batch = { images: formulaImages(0, 16), labels: formulaLabels(0, 16) };

  it('memorizes a batch', () => {
    withProgram(architecture, (program) => {
      const losses = Array.from({ length: 15 }, (_, i) => program.train(batch, i + 1).loss);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.5);
    });
  });

  it('is folded for serving, except BatchNorms without a convolution before them', () => {
    withProgram(architecture, (program) => {
      const spec = { ...architecture, dataset: { resize: 28 }, precision: 'float32' as const };
      const file = Buffer.from(writeServingModels(spec, IMAGE, 10, program.weights()).savedModel);
      const left = new Set(file.toString('latin1').match(/FusedBatchNormV3_\d+/g)).size;
      // DenseNet keeps one in each of its 4 layers, one in the transition and the last one. Those of its bottlenecks are folded.
      expect(left).toBe(architecture.network === 'resnet' ? 0 : 4 + 1 + 1);
    });
  });
});

describe('dropRate', () => {
  it.each([
    ['resnet', resnetOf({ dropRate: 0.3 }), ['fc']],
    ['resnet', resnetOf({ variant: 'resnet18', dropRate: 0.3 }), ['fc']],
    [
      'densenet',
      densenetOf({ dropRate: 0.3 }),
      ['DenseBlosk_0.net.0', 'DenseBlosk_0.net.1', 'DenseBlosk_1.net.0', 'DenseBlosk_1.net.1'],
    ],
    [
      'densenet',
      densenetOf({ variant: 'densenet121', dropRate: 0.3 }),
      [1, 2].flatMap((block) => [1, 2].map((i) => `features.denseblock${block}.denselayer${i}`)),
    ],
  ] as const)(
    'of a %s drops in training where the paper does, and not in evaluation: %#',
    (_, architecture, places) => {
      const graph = new Graph();
      const build = () =>
        buildNetwork(architecture, graph.placeholder(`x${graph.nodes.size}`, 'float32', [-1, 28, 28, 1]), 10);
      build();
      const dropped = () => [...graph.nodes.keys()].filter((name) => name.startsWith('dropout/'));
      expect(dropped()).toEqual(places.map((place) => `dropout/${place}`));
      graph.phase = 'evaluation';
      build();
      expect(dropped()).toHaveLength(places.length);
    },
  );

  it('makes the training logits depend on the step, reproducibly', () => {
    const graph = new Graph();
    const x = graph.placeholder('x', 'float32', [-1, 8, 8, 1]);
    const logits = buildNetwork(densenetOf({ variant: 'densenet121', dropRate: 0.3 }), x, 10);
    const assigned = [...graph.variables.values()].map(({ handle, initial }) =>
      graph.op('AssignVariableOp', [handle, initial], { dtype: 'float32' }, []),
    );
    const ready = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], { controls: assigned });
    const { session } = openGraph(graph, [ready, logits]);
    try {
      session.run({}, ['fetch_0']);
      const values = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * 12.9898));
      const at = (step: number) => {
        const draw = { dtype: 'int32' as const, shape: [2], values: Int32Array.of(0, step) };
        return session.run({ x: { dtype: 'float32', shape: [4, 8, 8, 1], values }, draw }, ['fetch_1'])[0];
      };
      expect(at(1)).toEqual(at(1));
      expect(at(2)).not.toEqual(at(1));
    } finally {
      session.close();
    }
  });
});
