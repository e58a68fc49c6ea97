/** Compares the engine with PyTorch's results in test/golden/, which bench/reference/write_goldens.py writes (`npm run reference`). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveJob } from '../src/contracts/jobs/job.js';
import { type Architecture, type NetworkName, resolveNetworkOptions } from '../src/contracts/networks/network.js';
import type { OptimizerRequest } from '../src/contracts/training/training-options.js';
import { gradients } from '../src/graph/gradients.js';
import { Graph } from '../src/graph/graph.js';
import { softmaxCrossEntropy } from '../src/graph/loss.js';
import { decodeBytes, mean } from '../src/graph/ops.js';
import { openSession } from '../src/graph/session.js';
import { buildNetwork } from '../src/networks/index.js';
import { writeServingModels } from '../src/training/result/serving-graph.js';
import { networkInput } from '../src/training/step/preprocessing.js';
import { openProgram, type Program } from '../src/training/step/program.js';
import { formulaImages, formulaLabels, formulaWeights, toPyTorch } from './support/formula.js';
import { runGraph } from './support/run-graph.js';
import { distance, norm, type Sample } from './support/samples.js';

type Samples = Readonly<Record<string, Sample>>;
type Golden = Readonly<{
  network: NetworkName;
  variant: string;
  resize: number;
  batch: number;
  logits: readonly number[];
  gradients?: Samples;
  loss?: number;
  statistics?: Readonly<{ steps: number; values: Samples }>;
  curves?: Readonly<Record<string, Curve>>;
}>;
type Curve = Readonly<{ learningRate: number; weightDecay?: number; losses: readonly number[] }>;

const IMAGE = { height: 28, width: 28, channels: 1 };
const CLASSES = 10;

const readGolden = (name: string) => JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8'));

/** Returns the optimizer of a curve. `adamw` decays all parameters, as PyTorch does; `adamw-selective` excludes biases and BatchNorm. */
function optimizerOf(name: string, { learningRate, weightDecay = 0 }: Omit<Curve, 'losses'>): OptimizerRequest {
  if (name === 'adam') return { name, learningRate };
  if (name.startsWith('adamw')) {
    return { name: 'adamw', learningRate, weightDecay, decayNormAndBias: name === 'adamw' };
  }
  return { name: 'sgd', learningRate, momentum: 0.9, nesterov: name === 'nesterov' };
}

const architectureOf = ({ network, variant }: Pick<Golden, 'network' | 'variant'>): Architecture => {
  const request: object = { variant };
  return { network, networkOptions: resolveNetworkOptions(network, request) };
};

const known = new Map<string, Map<string, Float32Array>>();

/** Returns the formula's weights, computed once per network. */
function weightsOf({ network, variant }: Golden, shapes: Program['shapes']): Map<string, Float32Array> {
  const weights = known.get(network + variant) ?? formulaWeights(shapes);
  known.set(network + variant, weights);
  return weights;
}

/** Opens a program with the formula's weights. */
function openReference(
  golden: Golden,
  optimizer: OptimizerRequest = optimizerOf('adam', { learningRate: 0.001 }),
): Program {
  const spec = resolveJob({ network: golden.network, optimizer, dataset: { resize: golden.resize } });
  const program = openProgram({ ...spec, ...architectureOf(golden) }, IMAGE, CLASSES);
  program.restore(weightsOf(golden, program.shapes));
  return program;
}

const batchOf = (size: number, step = 0) => ({
  images: formulaImages(step * size, size),
  labels: formulaLabels(step * size, size),
});

/** Below this share of the largest gradient, a gradient counts as 0: that of a bias which the next BatchNorm cancels. */
const ZERO = 1e-9;
const LARGEST_ROUNDING = 1e-4;
const nothing = new Float64Array();

const TUTORIAL = ['resnet-28', 'resnet-64', 'resnet-96', 'densenet-37', 'densenet-64', 'densenet-96'];
const TORCHVISION = ['resnet18-45', 'resnet50-45', 'resnet50-64', 'densenet121-64', 'densenet121-69'];

describe.each([...TUTORIAL, ...TORCHVISION])('%s', (name) => {
  const golden: Golden = readGolden(name);
  const { batch, gradients: wanted = {}, loss: wantedLoss = Number.NaN, curves = {}, statistics } = golden;
  let program: Program;
  beforeAll(() => {
    program = openReference(golden);
  });
  afterAll(() => program.close());

  if (statistics)
    it('has the parameter and running value names of PyTorch, and no others', () => {
      const names = [...Object.keys(wanted), ...Object.keys(statistics.values)];
      expect([...program.shapes.keys()].sort()).toEqual(names.sort());
    });

  it("gives PyTorch's logits in evaluation mode", () => {
    const logits = program.logits(formulaImages(0, batch));
    expect(logits).toHaveLength(golden.logits.length);
    expect(Math.max(...golden.logits.map((logit, i) => Math.abs(logit - (logits[i] ?? Number.NaN))))).toBeLessThan(
      1e-4,
    );
  });

  if (golden.gradients)
    it("gives PyTorch's gradient of every parameter in training mode", () => {
      const { loss, gradients: found } = differentiate(golden, program);
      expect(Math.abs(loss / wantedLoss - 1)).toBeLessThan(1e-4);
      const largest = Math.max(...Object.values(wanted).map((sample) => sample.norm));
      const far = Object.entries(wanted).filter(([parameter, sample]) => {
        const values = found.get(parameter) ?? nothing;
        if (sample.norm < ZERO * largest) return norm(values) > LARGEST_ROUNDING * largest;
        return !(distance(values, sample) < 1e-3);
      });
      expect(far.map(([parameter]) => parameter)).toEqual([]);
    });

  it('gives the same logits from the serving model', () => {
    const served = openServing(golden, program.weights());
    try {
      const values = formulaImages(0, batch);
      const [logits] = served.run({ images: { dtype: 'uint8', shape: [batch, 28, 28, 1], values } }, ['logits']);
      expect(Math.max(...golden.logits.map((logit, i) => Math.abs(logit - (logits?.[i] ?? Number.NaN))))).toBeLessThan(
        1e-4,
      );
    } finally {
      served.close();
    }
  });

  it.each(Object.entries(curves))(
    "follows PyTorch's losses over 20 steps of %s, and for sgd its running values",
    (optimizer, curve) => {
      const trained = openReference(golden, optimizerOf(optimizer, curve));
      try {
        const losses: number[] = [];
        let running: ReadonlyMap<string, Float32Array> | undefined;
        for (const step of curve.losses.keys()) {
          losses.push(trained.train(batchOf(batch, step), step + 1).loss);
          if (optimizer === 'sgd' && step + 1 === statistics?.steps) running = trained.weights();
        }
        const far = losses.map((loss, step) => Math.abs(loss / (curve.losses[step] ?? Number.NaN) - 1));
        expect(Math.max(...far)).toBeLessThan(1e-3);
        expect(running === undefined ? [] : farStatistics(running, statistics?.values)).toEqual([]);
        expect(running !== undefined).toBe(optimizer === 'sgd');
      } finally {
        trained.close();
      }
    },
  );
});

/** Returns the names of the running values that differ from PyTorch's. */
function farStatistics(weights: ReadonlyMap<string, Float32Array>, wanted: Samples = {}): string[] {
  const far = Object.entries(wanted).filter(([statistic, sample]) => {
    const values = Float64Array.from(weights.get(statistic) ?? []);
    return !(distance(values, sample) < 1e-4);
  });
  return far.map(([statistic]) => statistic);
}

describe('an image of 28×28 bytes', () => {
  it.each(['resize-64', 'resize-96'])('is resized as in PyTorch: %s', (name) => {
    const golden: Sample & { resize: number } = readGolden(name);
    const graph = new Graph();
    const bytes = graph.placeholder('images', 'string', []);
    const input = networkInput(decodeBytes(bytes, [28, 28, 1]), golden.resize);
    const [pixels = []] = runGraph(graph, [input], {
      images: { dtype: 'string', shape: [], values: [formulaImages(0, 1)] },
    });
    expect(pixels).toHaveLength(golden.resize ** 2);
    for (const [i, place] of golden.at.entries()) expect(pixels[place]).toBeCloseTo(golden.values[i] ?? Number.NaN, 5);
    expect(Float64Array.from(pixels).reduce((sum, pixel) => sum + pixel, 0)).toBeCloseTo(golden.sum, 2);
  });
});

/** Opens a session with the serving graph of these weights, as a predictor does. */
function openServing(golden: Golden, weights: ReadonlyMap<string, Float32Array>) {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-reference-'));
  try {
    const spec = { ...architectureOf(golden), dataset: { resize: golden.resize }, precision: 'float32' as const };
    const { savedModel } = writeServingModels(spec, IMAGE, CLASSES, weights);
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    return openSession(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Computes the training loss and its gradient for each parameter, in PyTorch's order of elements. */
function differentiate(golden: Golden, { shapes }: Program) {
  const { resize, batch } = golden;
  const graph = new Graph({ weights: weightsOf(golden, shapes) });
  graph.phase = 'training';
  const bytes = graph.placeholder('images', 'string', []);
  const labels = graph.placeholder('labels', 'int32', [-1]);
  const logits = buildNetwork(architectureOf(golden), networkInput(decodeBytes(bytes, [28, 28, 1]), resize), CLASSES);
  const loss = mean(softmaxCrossEntropy(logits, labels));
  const found = [...gradients(loss, graph.variablesOf('parameter'))];
  const images = batchOf(batch);
  const [value, ...values] = runGraph(graph, [loss, ...found.map(([, gradient]) => gradient)], {
    images: { dtype: 'string', shape: [], values: [images.images] },
    labels: { dtype: 'int32', shape: [batch], values: images.labels },
  });
  return {
    loss: value?.[0] ?? Number.NaN,
    gradients: new Map(found.map(([{ name, shape }], i) => [name, toPyTorch(values[i] ?? [], shape)])),
  };
}
