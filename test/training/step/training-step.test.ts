/** A step over micro batches against the same step on the whole batch: a linear classifier, and BatchNorm. */
import { describe, expect, it } from 'vitest';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import type { OptimizerRequest } from '../../../src/contracts/training/training-options.js';
import { datasets, loadDataset } from '../../../src/datasets/index.js';
import { convolve } from '../../../src/graph/convolution.js';
import { elements, Graph, layer, neededBy, type Tensor } from '../../../src/graph/graph.js';
import { zeros } from '../../../src/graph/initializers.js';
import { dense } from '../../../src/graph/layers.js';
import { softmaxCrossEntropy } from '../../../src/graph/loss.js';
import { channels, flatten, mean } from '../../../src/graph/ops.js';
import type { Feed } from '../../../src/graph/session.js';
import type { TrainingBatch } from '../../../src/training/step/batches.js';
import { batches, microBatches } from '../../../src/training/step/batches.js';
import { openProgram } from '../../../src/training/step/program.js';
import { buildTrainingGraph } from '../../../src/training/step/training-graph.js';
import {
  APPLY_UPDATE,
  FIRST_MICRO_BATCH,
  MICRO_BATCH_SHARE,
  NEXT_MICRO_BATCH,
  TRAIN_LOSS,
  trainingStep,
} from '../../../src/training/step/training-step.js';
import { openGraph } from '../../support/run-graph.js';

const FEATURES = 6;
const IMAGES = 10;
const input = Float32Array.from({ length: IMAGES * FEATURES }, (_, i) => Math.sin(12.9898 * (i + 1)));
const labels = Int32Array.from({ length: IMAGES }, (_, i) => (i * 7) % 4);

type Options = Readonly<{ optimizer: OptimizerRequest; gradientClipNorm: number | null; emaDecay: number | null }>;

/** Weights and their averages after three steps over the ten rows, in micro batches of `size`. */
function weightsAfter(size: number, options: Options): number[] {
  const spec = resolveJob({ network: 'resnet', batchSize: IMAGES, microBatchSize: size, ...options });
  const graph = new Graph({ seed: 1 });
  const x = graph.placeholder('x', 'float32', [-1, FEATURES]);
  const y = graph.placeholder('y', 'int32', [-1]);
  const { roots, numbers } = trainingStep(mean(softmaxCrossEntropy(dense(x, 4), y)), spec);
  const init = graph.op('Identity', [graph.constant(1, 'float32')], { T: 'float32' }, [], {
    name: 'init',
    controls: [...graph.variables.values()].map(({ handle, initial }) =>
      graph.op('AssignVariableOp', [handle, initial], { dtype: 'float32' }, []),
    ),
  });
  const kept = [...graph.variables.values()].filter(({ role }) => role === 'parameter' || role === 'average');
  const { session } = openGraph(graph, [...kept.map(({ value }) => value), init, ...roots]);
  const scalar = (value: number): Feed => ({ dtype: 'float32', shape: [], values: Float32Array.of(value) });
  const rows = (start: number, end: number): Record<string, Feed> => ({
    x: { dtype: 'float32', shape: [end - start, FEATURES], values: input.slice(start * FEATURES, end * FEATURES) },
    y: { dtype: 'int32', shape: [end - start], values: labels.slice(start, end) },
  });
  session.run({}, ['init']);
  for (let step = 1; step <= 3; step++) {
    const update = Object.fromEntries(
      Object.entries(numbers({ step, updates: step }, 0.05)).map(([name, value]) => [name, scalar(value)]),
    );
    if (size === IMAGES) session.run({ ...rows(0, IMAGES), ...update }, [TRAIN_LOSS]);
    else {
      for (let start = 0; start < IMAGES; start += size) {
        const end = Math.min(start + size, IMAGES);
        const share = { [MICRO_BATCH_SHARE]: scalar((end - start) / IMAGES) };
        session.run({ ...rows(start, end), ...share }, [start === 0 ? FIRST_MICRO_BATCH : NEXT_MICRO_BATCH]);
      }
      session.run(update, [APPLY_UPDATE]);
    }
  }
  const values = session.run(
    {},
    kept.map((_, i) => `fetch_${i}`),
  );
  session.close();
  return values.flatMap((value) => [...value]);
}

describe('a step over micro batches', () => {
  it.each<[what: string, options: Options]>([
    ['plain descent', { optimizer: { name: 'sgd', learningRate: 1 }, gradientClipNorm: null, emaDecay: null }],
    ['AdamW', { optimizer: { name: 'adamw', weightDecay: 0.1 }, gradientClipNorm: null, emaDecay: null }],
    [
      'clipped momentum with averages',
      { optimizer: { name: 'sgd', momentum: 0.9 }, gradientClipNorm: 0.2, emaDecay: 0.5 },
    ],
  ])('equals the step of the whole batch with %s, whether or not the size divides the batch', (_, options) => {
    const whole = weightsAfter(IMAGES, options);
    for (const size of [5, 4, 3]) {
      const found = weightsAfter(size, options);
      expect(found).toHaveLength(whole.length);
      for (const [i, value] of found.entries()) expect(value, `${size}: ${i}`).toBeCloseTo(whole[i] ?? Number.NaN, 5);
    }
  });
});

it('normalizes each micro batch separately, moves running statistics once per micro batch and averages once per step', async () => {
  const dataset = { name: 'synthetic', resize: 16, trainSamples: 24, testSamples: 4, validationSamples: 0 } as const;
  const data = await loadDataset(dataset, 0, { datasetsDir: '' });
  const [whole] = [...batches(data.train, 24)] as [TrainingBatch];
  // The second micro batch is smaller.
  const parts = microBatches(whole, 16);
  /** The state after these steps, at a learning rate that changes no weight. */
  function after(taken: readonly TrainingBatch[], microBatchSize: number) {
    const networkOptions = { width: 8, blocks: [1, 1] };
    const still = { optimizer: { name: 'sgd', learningRate: 1e-30 } } as const;
    const asked = { network: 'resnet', networkOptions, dataset, batchSize: 32, microBatchSize, emaDecay: 0.9 } as const;
    const program = openProgram(resolveJob({ ...asked, ...still }), data.info, 10);
    const before = program.state();
    const losses = taken.map((batch, i) => program.train(batch, i + 1).loss);
    const state = program.state();
    program.close();
    return { before, losses, state };
  }
  const inParts = after([whole], 16);
  const plain = after(parts, 32);
  const [first = 0, second = 0] = plain.losses;
  expect(inParts.losses[0]).toBeCloseTo((16 * first + 8 * second) / 24, 5);
  expect(first).not.toBeCloseTo(second, 3);

  const statistics = [...plain.state.keys()].filter((name) => /running_(mean|var)$/.test(name));
  expect(statistics.length).toBeGreaterThan(4);
  const close = (found: number[], expected: number[], name: string): void => {
    for (const [i, value] of found.entries()) expect(value, `${name} ${i}`).toBeCloseTo(expected[i] ?? Number.NaN, 5);
  };
  const ofOneStep = 2 / 11; // (1 + t) / (10 + t), which is still below emaDecay
  for (const name of statistics) {
    const [value, twice, start, average] = [
      ...[inParts.state.get(name), plain.state.get(name), inParts.before.get(name)],
      inParts.state.get(`${name}.average`),
    ].map((numbers) => [...(numbers ?? [])]) as [number[], number[], number[], number[]];
    close(value, twice, name);
    const once = start.map((from, i) => ofOneStep * from + (1 - ofOneStep) * (value[i] ?? Number.NaN));
    close(average, once, `${name}.average`);
  }
});

it('updates a variable after the gradients that read it, so that TensorFlow need not copy it', () => {
  const graph = new Graph();
  const x = graph.placeholder('x', 'float32', [-1, 3, 3, FEATURES]);
  const hidden = layer('hidden', x, (z) => convolution(z, 4));
  const shared = layer('taps', hidden, (z) => convolution(z, 8));
  const logits = layer('logits', flatten(shared), (z) => dense(z, 4));
  const loss = mean(softmaxCrossEntropy(logits, graph.placeholder('y', 'int32', [-1])));
  const nodes = neededBy(trainingStep(loss, resolveJob({ network: 'resnet' })).roots);
  const waitsFor = (name: string): string[] | undefined => {
    const handle = graph.variables.get(name)?.handle.node;
    const update = nodes.find(({ op, inputs }) => op === 'ResourceApplyAdam' && inputs[0]?.node === handle);
    return update?.controls.map(({ node }) => node.op);
  };
  expect(waitsFor('hidden.weight')).toEqual([]); // the gradient of the images is not needed
  expect(waitsFor('taps.weight')).toEqual(Array(9).fill('MatMul')); // a product for each tap, each with a view of the weight
  expect(waitsFor('logits.weight')).toEqual(['MatMul']);
});

function convolution(x: Tensor, outputs: number): Tensor {
  const plan = { output: 'taps', inputGradient: 'taps', weightGradient: 'taps' } as const;
  const weight = x.graph.variable('weight', [3, 3, channels(x), outputs], zeros);
  return convolve(x, weight.value, { kernel: 3, stride: 1, padding: 1 }, plan);
}

it('computes large initial values when it runs, so that TensorFlow keeps no constants of them', () => {
  const info = datasets['fashion-mnist'];
  const { graph } = buildTrainingGraph(resolveJob({ network: 'resnet' }), info, info.classes.length);
  const known = [...graph.variables.values()].filter(
    ({ initial, shape }) => elements(shape) > 1000 && !neededBy([initial]).some(({ op }) => op === 'Empty'),
  );
  expect(known.map(({ name }) => name)).toEqual([]);
});
