/** Frozen layers, frozen BatchNorm and discriminative learning rates, compared with PyTorch (bench/reference/write_fine_tuning.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type JobRequest, resolveJob } from '../../../src/contracts/jobs/job.js';
import { type Architecture, type NetworkName, resolveNetworkOptions } from '../../../src/contracts/networks/network.js';
import { gradients } from '../../../src/graph/gradients.js';
import { Graph } from '../../../src/graph/graph.js';
import { softmaxCrossEntropy } from '../../../src/graph/loss.js';
import { decodeBytes, mean } from '../../../src/graph/ops.js';
import { buildNetwork, freezableLayers, stagesOf } from '../../../src/networks/index.js';
import { networkInput } from '../../../src/training/step/preprocessing.js';
import { openProgram, type Program } from '../../../src/training/step/program.js';
import { buildTrainingGraph, type FreezeSpec, freezing } from '../../../src/training/step/training-graph.js';
import { planTrainingMemory } from '../../../src/training/step/training-memory.js';
import { formulaImages, formulaLabels, formulaWeights, toPyTorch } from '../../support/formula.js';
import { runGraph } from '../../support/run-graph.js';
import { distance, type Sample } from '../../support/samples.js';

type Choice = Readonly<{ freeze: string | null; batchNorm: 'trained' | 'frozen' }>;
type Golden = Readonly<{
  network: NetworkName;
  variant: string;
  resize: number;
  batch: number;
  headRate: number;
  layerDecay: number;
  choices: readonly (Choice & Readonly<{ loss: number; gradients: Readonly<Record<string, Sample>> }>)[];
  curves: readonly (Choice &
    Readonly<{
      optimizer: 'adam' | 'adamw' | 'sgd';
      learningRate: number;
      weightDecay?: number;
      losses: readonly number[];
      changes: Readonly<Record<string, Sample>>;
    }>)[];
}>;

const IMAGE = { height: 28, width: 28, channels: 1 };
const CLASSES = 10;
const readGolden = (name: string): Golden =>
  JSON.parse(readFileSync(new URL(`../../golden/fine-tuning-${name}.json`, import.meta.url), 'utf8'));
const architectureOf = ({ network, variant }: Golden): Architecture => ({
  network,
  networkOptions: resolveNetworkOptions(network, { variant } as object),
});

describe.each(['resnet18', 'densenet'])('%s', (name) => {
  const golden = readGolden(name);
  const titled = <Item extends Choice>(items: readonly Item[]) =>
    items.map((item) => [`freeze ${item.freeze} and batchNorm ${item.batchNorm}`, item] as const);

  it.each(titled(golden.choices))("has PyTorch's gradients, and no others, with %s", (_, choice) => {
    const { loss, found } = differentiate(golden, choice);
    expect(Math.abs(loss / choice.loss - 1)).toBeLessThan(1e-4);
    const zero = 1e-9 * Math.max(...Object.values(choice.gradients).map(({ norm }) => norm));
    const far = Object.entries(choice.gradients).filter(
      ([parameter, sample]) =>
        sample.norm > zero && !(distance(found.get(parameter) ?? new Float64Array(), sample) < 2e-3),
    );
    expect(far.map(([parameter]) => parameter)).toEqual([]);
    expect([...found.keys()].filter((parameter) => !Object.hasOwn(choice.gradients, parameter))).toEqual([]);
  });

  it.each(
    golden.curves.map(
      (curve) => [`${curve.optimizer}, freeze ${curve.freeze}, batchNorm ${curve.batchNorm}`, curve] as const,
    ),
  )(
    "follows PyTorch's losses, and moves each depth as far, with %s",
    (_, { optimizer, learningRate, weightDecay, losses, changes, freeze, batchNorm }) => {
      const spec = resolveJob({
        network: golden.network,
        optimizer: {
          name: optimizer,
          learningRate,
          ...(optimizer === 'adamw' && { weightDecay, decayNormAndBias: true }),
          ...(optimizer === 'sgd' && { momentum: 0.9 }),
        },
        dataset: { resize: golden.resize },
        ...{ freeze, batchNorm, headRate: golden.headRate, layerDecay: golden.layerDecay },
      } as JobRequest);
      const program = openProgram({ ...spec, ...architectureOf(golden) }, IMAGE, CLASSES);
      try {
        const before = formulaWeights(program.shapes);
        program.restore(before);
        const found = losses.map((__, step) => program.train(batchOf(golden.batch, step), step + 1).loss);
        expect(Math.max(...found.map((loss, step) => Math.abs(loss / (losses[step] ?? Number.NaN) - 1)))).toBeLessThan(
          1e-3,
        );
        const after = program.weights();
        for (const [parameter, sample] of Object.entries(changes)) {
          const [start, end] = [before, after].map((values) => values.get(parameter) ?? new Float32Array());
          const change = Float64Array.from(end ?? [], (value, i) => value - (start?.[i] ?? Number.NaN));
          const norm = Math.sqrt(change.reduce((sum, value) => sum + value * value, 0));
          if (sample.norm === 0) expect(norm, parameter).toBe(0);
          else expect(norm / sample.norm, parameter).toBeCloseTo(1, 1);
        }
      } finally {
        program.close();
      }
    },
  );
});

const batchOf = (size: number, step: number) => ({
  images: formulaImages(step * size, size),
  labels: formulaLabels(step * size, size),
});

/** Computes the training loss and the gradients of the trained parameters, in PyTorch's order of elements. */
function differentiate(golden: Golden, choice: Choice) {
  const { resize, batch } = golden;
  const architecture = architectureOf(golden);
  const shapes = new Map(
    [...buildTrainingGraph(specOf(golden), IMAGE, CLASSES).graph.variables].flatMap(([parameter, { shape, role }]) =>
      role === 'parameter' || role === 'statistic' ? [[parameter, shape] as const] : [],
    ),
  );
  const graph = new Graph({ weights: formulaWeights(shapes), ...freezing(choice, stagesOf(architecture)) });
  graph.phase = 'training';
  const bytes = graph.placeholder('images', 'string', []);
  const labels = graph.placeholder('labels', 'int32', [-1]);
  const logits = buildNetwork(architecture, networkInput(decodeBytes(bytes, [28, 28, 1]), resize), CLASSES);
  const loss = mean(softmaxCrossEntropy(logits, labels));
  const found = [...gradients(loss, graph.trained())];
  const { images, labels: targets } = batchOf(batch, 0);
  const [value, ...values] = runGraph(graph, [loss, ...found.map(([, gradient]) => gradient)], {
    images: { dtype: 'string', shape: [], values: [images] },
    labels: { dtype: 'int32', shape: [batch], values: targets },
  });
  return {
    loss: value?.[0] ?? Number.NaN,
    found: new Map(found.map(([{ name, shape }], i) => [name, toPyTorch(values[i] ?? [], shape)] as const)),
  };
}

const specOf = (golden: Golden) => ({
  ...resolveJob({ network: golden.network, dataset: { resize: golden.resize } } as JobRequest),
  ...architectureOf(golden),
});

/** A small network with dropout and averages, half of it frozen. */
const tiny = resolveJob({
  network: 'resnet',
  networkOptions: { variant: 'resnet18', width: 8, blocks: [1, 1], dropRate: 0.2 },
  dataset: { name: 'synthetic', resize: 16, trainSamples: 64, testSamples: 16 },
  ...{ batchSize: 8, emaDecay: 0.9, optimizer: { name: 'adamw', weightDecay: 0.1, decayNormAndBias: true } },
} as JobRequest);

/** Opens a program of the tiny network, and closes it after `use`. */
function withProgram<Result>(choice: FreezeSpec, use: (program: Program) => Result): Result {
  const program = openProgram({ ...tiny, ...choice }, IMAGE, CLASSES);
  try {
    return use(program);
  } finally {
    program.close();
  }
}

const isSame = (a: ArrayLike<number> = [], b: ArrayLike<number> = []): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => value === b[i]);

describe('frozen layers', () => {
  it.each([
    ['backbone', (name: string) => name.startsWith('fc.')],
    ['layer1', (name: string) => /^(layer2|fc)\./.test(name)],
    ['layer2.0.bn1', (name: string) => /^(layer2\.0\.(conv2|bn2|downsample)|fc)\./.test(name)],
  ])('keep weights and running statistics up to %s, and have no slots', (freeze, isTrained) => {
    withProgram({ freeze }, (program) => {
      const before = program.state();
      for (let step = 1; step <= 2; step++) program.train(batchOf(8, step), step);
      const after = program.state();
      const names = [...program.shapes.keys()];
      expect(names.filter((name) => !isSame(before.get(name), after.get(name))).sort()).toEqual(
        names.filter(isTrained).sort(),
      );
      const slots = [...program.stateShapes.keys()].filter((name) => name.endsWith('.exp_avg'));
      expect(
        slots.every((name) => isTrained(name)),
        slots.join(),
      ).toBe(true);
    });
  });

  it('follow the averages of a run that keeps them', () => {
    withProgram({ freeze: 'backbone' }, (program) => {
      program.train(batchOf(8, 0), 1);
      const state = program.state();
      expect(isSame(state.get('conv1.weight.average'), state.get('conv1.weight'))).toBe(true);
    });
  });

  it('cost no backward pass, no memory for gradients, and no slots', () => {
    const planOf = (choice: FreezeSpec) => planTrainingMemory({ ...tiny, ...choice }, IMAGE, CLASSES);
    const [whole, head] = [planOf({}), planOf({ freeze: 'backbone' })];
    const scoring = whole.work.scoring.perImage;
    expect(head.work.step.perImage).toBeLessThan(1.05 * scoring);
    expect(whole.work.step.perImage).toBeGreaterThan(2 * scoring);
    expect(head.at(64).slotsBytes).toBeLessThan(whole.at(64).slotsBytes / 2);
    expect(head.at(64).activationsBytes).toBeLessThan(whole.at(64).activationsBytes / 2);
    expect(planOf({ freeze: 'layer1' }).at(64).activationsBytes).toBeLessThan(whole.at(64).activationsBytes);
  });

  it('work over micro batches', () => {
    const micro = {
      ...tiny,
      microBatchSize: 4,
      emaDecay: null,
      networkOptions: { ...tiny.networkOptions, dropRate: 0 },
    };
    const states = [micro, { ...micro, microBatchSize: 8 }].map((spec) => {
      const program = openProgram(
        { ...spec, freeze: 'backbone', optimizer: { ...spec.optimizer, learningRate: 0.01 } },
        IMAGE,
        CLASSES,
      );
      program.train(batchOf(8, 0), 1);
      const weights = program.weights();
      program.close();
      return weights;
    });
    const [one, other] = states.map((weights) => weights.get('fc.weight') ?? new Float32Array());
    expect(Math.max(...(one ?? []).map((value, i) => Math.abs(value - (other?.[i] ?? Number.NaN))))).toBeLessThan(1e-4);
  });
});

describe('frozen BatchNorm', () => {
  it('keeps its running statistics and trains its weights', () => {
    withProgram({ batchNorm: 'frozen' }, (program) => {
      const before = program.state();
      program.train(batchOf(8, 0), 1);
      const after = program.state();
      const changed = [...program.shapes.keys()].filter((name) => !isSame(before.get(name), after.get(name)));
      expect(changed.filter((name) => name.includes('running_'))).toEqual([]);
      expect(changed).toEqual(expect.arrayContaining(['bn1.weight', 'bn1.bias', 'conv1.weight', 'fc.bias']));
    });
  });
  it('needs no second value in a batch', () => {
    expect(planTrainingMemory({ ...tiny, batchNorm: 'frozen' }, IMAGE, CLASSES).normalizedPixels).toBeGreaterThan(1e6);
  });
});

const DENSENET_121 = { variant: 'densenet121' } as const;

describe('the module around all layers but the head', () => {
  it('is a name of the backbone', () => {
    const stages = stagesOf({ network: 'densenet', networkOptions: resolveNetworkOptions('densenet', DENSENET_121) });
    expect(freezing({ freeze: 'features' }, stages)).toEqual(freezing({ freeze: 'backbone' }, stages));
  });
});

describe('the layers of a network', () => {
  const layersOf = (network: NetworkName, options: object) =>
    freezableLayers({ network, networkOptions: resolveNetworkOptions(network, options) });

  it('can be frozen at every depth, except for the head', () => {
    const names = layersOf('resnet', { variant: 'resnet18' });
    expect(names).toEqual(
      expect.arrayContaining(['conv1', 'maxpool', 'layer1', 'layer4.1', 'layer4.1.bn2', 'avgpool']),
    );
    expect(names).not.toContain('fc');
    expect(layersOf('densenet', {})).toEqual(
      expect.arrayContaining(['0', 'DenseBlosk_3', 'DenseBlosk_3.net.3.2', 'BN']),
    );
    expect(layersOf('densenet', {}).filter((name) => name.startsWith('fc'))).toEqual([]);
  });

  it('can be frozen by the names of the backbone', () => {
    expect(layersOf('densenet', DENSENET_121).slice(0, 3)).toEqual(['backbone', 'features', 'features.conv0']);
    expect(layersOf('resnet', { variant: 'resnet18' }).slice(0, 2)).toEqual(['backbone', 'conv1']);
  });

  it.each([
    ['resnet', { variant: 'resnet50' }, ['layer1', 'layer2', 'layer3', 'layer4', 'fc']],
    ['resnet', { blocks: [1, 1] }, ['resnet_block1', 'resnet_block2', 'fc']],
    [
      'densenet',
      { variant: 'densenet121' },
      ['features.denseblock1', 'features.denseblock2', 'features.denseblock3', 'features.denseblock4', 'classifier'],
    ],
    ['densenet', {}, ['DenseBlosk_0', 'DenseBlosk_1', 'DenseBlosk_2', 'DenseBlosk_3', 'fc']],
  ] as const)('of %s %j have the stages %j', (network, options, stages) => {
    const architecture = { network, networkOptions: resolveNetworkOptions(network, options as object) };
    expect(stagesOf(architecture)).toEqual(stages);
    expect(layersOf(network, options)).toEqual(expect.arrayContaining(stages.slice(0, -1)));
  });
});
