/** Effects of the training options on real runs; options that are off have none. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type JobRequest, type JobSpec, resolveJob } from '../../../src/contracts/jobs/job.js';
import { NETWORK_NAMES } from '../../../src/contracts/networks/network.js';
import type { OptimizerRequest } from '../../../src/contracts/training/training-options.js';
import { type Dataset, loadDataset } from '../../../src/datasets/index.js';
import { train } from '../../../src/training/run/train.js';
import type { TrainingBatch } from '../../../src/training/step/batches.js';
import { batches } from '../../../src/training/step/batches.js';
import { openProgram, type Program } from '../../../src/training/step/program.js';
import { buildTrainingGraph } from '../../../src/training/step/training-graph.js';

type Weights = ReadonlyMap<string, Float32Array>;

const dataset = { name: 'synthetic', resize: 29, trainSamples: 36, testSamples: 12, validationSamples: 0 } as const;
/** The smaller of the two networks. */
const request = { network: 'densenet', dataset, batchSize: 12 } as const;
type Change = Partial<Omit<JobRequest, 'networkOptions'>>;
const data: Dataset = await loadDataset(dataset, 0, { datasetsDir: '' });
const [batch, other] = [...batches(data.train, 12)] as [TrainingBatch, TrainingBatch];
const GENTLE: OptimizerRequest = { name: 'sgd', learningRate: 0.01 };

/** Opens a program of the request with changes, and closes it after `use`. */
function withProgram<T>(change: Change, use: (program: Program, spec: JobSpec) => T): T {
  const spec = resolveJob({ ...request, ...change });
  const program = openProgram(spec, data.info, data.info.classes.length);
  try {
    return use(program, spec);
  } finally {
    program.close();
  }
}

/** Parameters and running statistics after one step. */
const afterOneStep = (change: Change, on = batch): Weights =>
  withProgram(change, (program) => {
    program.train(on, 1);
    return program.weights();
  });
const startOf = (change: Change = {}): Weights => withProgram(change, (program) => program.weights());
const valuesOf = (weights: Weights, name: string): Float32Array => weights.get(name) ?? new Float32Array();
const isStatistic = (name: string): boolean => /running_(mean|var)$/.test(name);
/** The names of the parameters. */
const parametersOf = (weights: Weights): string[] => [...weights.keys()].filter((name) => !isStatistic(name));

const digest = (weights: Weights): string => {
  const hash = createHash('sha256');
  for (const [name, values] of weights) hash.update(name).update(values);
  return hash.digest('hex');
};

/** L2 norm of the difference over all parameters. */
function distance(a: Weights, b: Weights): number {
  let squares = 0;
  for (const name of parametersOf(a)) {
    const other = valuesOf(b, name);
    for (const [i, value] of valuesOf(a, name).entries()) squares += (value - (other[i] ?? Number.NaN)) ** 2;
  }
  return Math.sqrt(squares);
}

describe('weight decay', () => {
  const step = (optimizer: OptimizerRequest) => afterOneStep({ optimizer });
  const rate = 0.01;

  it.each([false, true])('shrinks weight matrices with AdamW, and the rest if decayNormAndBias is %s', (all) => {
    const start = startOf();
    const plain = step({ name: 'adam', learningRate: rate });
    const decayed = step({ name: 'adamw', learningRate: rate, weightDecay: 0.5, decayNormAndBias: all });
    const of = (name: string, i: number) => valuesOf(start, name)[i] ?? Number.NaN;
    for (const [name, values] of plain) {
      const matrix = name.endsWith('.weight') && !start.has(name.replace(/weight$/, 'running_mean'));
      const share = isStatistic(name) ? 0 : matrix || all ? rate * 0.5 : 0;
      for (const [i, value] of valuesOf(decayed, name).slice(0, 200).entries()) {
        expect(value, name).toBeCloseTo((values[i] ?? Number.NaN) - share * of(name, i), 6);
      }
    }
  });

  it('is added to the gradient with SGD', () => {
    const start = startOf();
    const plain = step({ name: 'sgd', learningRate: rate });
    const decayed = step({ name: 'sgd', learningRate: rate, weightDecay: 0.5 });
    const [kernel, bias] = ['fc.1.weight', 'fc.1.bias'];
    for (const [i, value] of valuesOf(decayed, kernel).entries()) {
      const pulled =
        (valuesOf(plain, kernel)[i] ?? Number.NaN) - rate * 0.5 * (valuesOf(start, kernel)[i] ?? Number.NaN);
      expect(value).toBeCloseTo(pulled, 6);
    }
    expect(valuesOf(decayed, bias)).toEqual(valuesOf(plain, bias));
  });
});

describe('gradientClipNorm', () => {
  const optimizer: OptimizerRequest = { name: 'sgd', learningRate: 1 }; // so the step is the gradient itself
  const start = startOf();

  it('limits the norm of all gradients together and keeps their direction', () => {
    const free = afterOneStep({ optimizer });
    const clipped = afterOneStep({ optimizer, gradientClipNorm: 0.25 });
    const norm = distance(start, free);
    expect(norm).toBeGreaterThan(0.5);
    expect(distance(start, clipped)).toBeCloseTo(0.25, 4);
    const [from, to, bounded] = [start, free, clipped].map((weights) => valuesOf(weights, 'fc.1.weight'));
    for (const [i, value] of (bounded ?? []).entries()) {
      const moved = ((to?.[i] ?? 0) - (from?.[i] ?? 0)) * (0.25 / norm);
      expect(value - (from?.[i] ?? 0)).toBeCloseTo(moved, 6);
    }
  });

  it('changes nothing if the norm is smaller', () => {
    expect(distance(afterOneStep({ optimizer }), afterOneStep({ optimizer, gradientClipNorm: 1e6 }))).toBe(0);
  });
});

describe('labelSmoothing', () => {
  const lossWith = (labelSmoothing: number) =>
    withProgram({ labelSmoothing, optimizer: GENTLE }, (program) => program.train(batch, 1).loss);

  it('mixes the loss linearly with the loss of a label spread over all classes', () => {
    const [none, some, more] = [0, 0.1, 0.2].map(lossWith) as [number, number, number];
    expect(Math.abs(some - none)).toBeGreaterThan(1e-3);
    expect(more - none).toBeCloseTo(2 * (some - none), 4);
  });

  it('changes neither the evaluated loss nor the accuracy', () => {
    const scores = [0, 0.2].map((labelSmoothing) =>
      withProgram({ labelSmoothing, optimizer: GENTLE }, (program) => [
        program.evaluate(batch),
        program.train(batch, 1).correct,
      ]),
    );
    expect(scores[0]).toEqual(scores[1]);
  });
});

describe('emaDecay', () => {
  const emaDecay = 0.4;

  it('averages parameters and running statistics, and scores, predicts and saves with the averages', () => {
    withProgram({ emaDecay, optimizer: { name: 'sgd', learningRate: 0.05 } }, (program) => {
      const names = ['fc.1.weight', '1.running_mean', '1.running_var'];
      const expected = new Map(names.map((name) => [name, Float64Array.from(valuesOf(program.weights(), name))]));
      for (let step = 1; step <= 5; step++) {
        program.train(batch, step);
        const [now, averages] = [program.state(), program.weights()];
        const decay = Math.min(emaDecay, (1 + step) / (10 + step)); // 2/11, 3/12, 4/13, 5/14, then 0.4
        for (const [name, average] of expected) {
          const [value, found] = [valuesOf(now, name), valuesOf(averages, name)];
          for (const [i, kept] of average.entries()) {
            average[i] = decay * kept + (1 - decay) * (value[i] ?? Number.NaN);
            expect(found[i], `${name}[${i}] after step ${step}`).toBeCloseTo(average[i], 5);
          }
        }
      }
      const [averages, logits, score] = [program.weights(), program.logits(batch.images), program.evaluate(batch)];
      withProgram({}, (plain) => {
        plain.restore(averages);
        expect(plain.logits(batch.images)).toEqual(logits);
        expect(plain.evaluate(batch)).toEqual(score);
        plain.restore(program.state());
        expect(plain.logits(batch.images)).not.toEqual(logits);
      });
    });
  });

  it('does not change training itself', () => {
    const lossesOf = (change: Change) =>
      withProgram(change, (program) => [1, 2, 3].map((step) => program.train(batch, step).loss));
    expect(lossesOf({ emaDecay })).toEqual(lossesOf({}));
  });

  it('resumes from a state, and starts at given weights', () => {
    withProgram({ emaDecay }, (first) => {
      first.train(batch, 1);
      const state = first.state();
      withProgram({ emaDecay, seed: 5 }, (second) => {
        second.restore(state);
        expect(digest(second.weights())).toBe(digest(first.weights()));
        first.train(other, 2);
        second.train(other, 2);
        expect(digest(second.weights())).toBe(digest(first.weights()));
        const weights = startOf();
        second.restore(weights);
        expect(digest(second.weights())).toBe(digest(weights));
      });
    });
  });
});

describe('microBatchSize', () => {
  /** Twice the first ten images: each micro batch has the BatchNorm statistics of the whole batch. */
  const half = batch.labels.length / 2;
  const bytes = batch.images.length / 2;
  const twice: TrainingBatch = {
    images: Buffer.concat([batch.images.subarray(0, bytes), batch.images.subarray(0, bytes)]),
    labels: Int32Array.of(...batch.labels.subarray(0, half), ...batch.labels.subarray(0, half)),
  };
  const parts = { microBatchSize: half };

  it.each([null, 0.1])('makes the update of the whole batch, with gradients clipped at %s', (gradientClipNorm) => {
    const resultOf = (change: Change) =>
      withProgram({ optimizer: { name: 'sgd', learningRate: 0.1 }, gradientClipNorm, ...change }, (program) => {
        const score = program.train(twice, 1);
        return { score, weights: program.weights() };
      });
    const [whole, summed] = [resultOf({}), resultOf(parts)];
    expect(summed.score.loss).toBeCloseTo(whole.score.loss, 5);
    expect(summed.score.correct).toBe(whole.score.correct);
    expect(distance(startOf(), whole.weights)).toBeGreaterThan(0.005);
    for (const name of parametersOf(whole.weights)) {
      const values = valuesOf(summed.weights, name);
      const far = valuesOf(whole.weights, name).reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (values[i] ?? Number.NaN))),
        0,
      );
      expect(far, name).toBeLessThan(1e-5);
    }
  });

  it('gives the same bits twice', () => {
    const change = { ...parts, emaDecay: 0.9, gradientClipNorm: 1 };
    expect(digest(afterOneStep(change))).toBe(digest(afterOneStep(change)));
  });

  it('scores the whole batch, also if the last micro batch is smaller', () => {
    const cut: TrainingBatch = {
      images: batch.images.subarray(0, (bytes / half) * 10),
      labels: batch.labels.subarray(0, 10),
    };
    const still = { optimizer: { name: 'sgd', learningRate: 1e-9 } } as const;
    const first = { images: cut.images.subarray(0, bytes), labels: cut.labels.subarray(0, half) };
    const rest = { images: cut.images.subarray(bytes), labels: cut.labels.subarray(half) };
    const [a, b] = [first, rest].map((part) => withProgram(still, (program) => program.train(part, 1)));
    const found = withProgram({ ...still, ...parts }, (program) => program.train(cut, 1));
    expect(found.loss).toBeCloseTo((6 * (a?.loss ?? 0) + 4 * (b?.loss ?? 0)) / 10, 5);
    expect(found.correct).toBe((a?.correct ?? 0) + (b?.correct ?? 0));
  });

  it('keeps no gradient sums in the state', () => {
    const names = (change: Change) => withProgram(change, (program) => [...program.state().keys()]);
    expect(names(parts)).toEqual(names({}));
  });
});

describe('precision bfloat16', () => {
  it.each(NETWORK_NAMES)('follows the losses of float32 within 2 percent: %s', (network) => {
    const [all] = [...batches(data.train, 36)] as [TrainingBatch];
    const curveOf = (precision: 'float32' | 'bfloat16') =>
      withProgram(
        // At 33 pixels the last layers have 2×2 pixels: a BatchNorm over one pixel magnifies rounding.
        { network, precision, dataset: { ...dataset, resize: 33 }, optimizer: { name: 'adam', learningRate: 5e-6 } },
        (program) => Array.from({ length: 10 }, (_, i) => program.train(all, i + 1).loss),
      );
    const [single, half] = [curveOf('float32'), curveOf('bfloat16')];
    expect(half).not.toEqual(single);
    expect(single.at(-1)).toBeLessThan((single[0] ?? 0) * 0.97);
    for (const [i, loss] of single.entries()) expect(Math.abs((half[i] ?? Number.NaN) / loss - 1)).toBeLessThan(0.02);
  });

  it.each(NETWORK_NAMES)('keeps weights, statistics, slots and logits in float32: %s', (network) => {
    const spec = resolveJob({ network, precision: 'bfloat16', emaDecay: 0.9, dataset: { resize: 32 } });
    const { graph, roots } = buildTrainingGraph(spec, data.info, 10);
    const handles = [...graph.nodes.values()].filter(({ op }) => op === 'VarHandleOp');
    expect(new Set(handles.map(({ attributes }) => attributes['dtype']))).toEqual(new Set(['float32']));
    expect(new Set(roots.map(({ dtype }) => dtype))).toEqual(new Set(['float32']));
    const convolutions = [...graph.nodes.values()].filter(({ op }) => op.startsWith('Conv2D'));
    expect(new Set(convolutions.map(({ attributes }) => attributes['T']))).toEqual(new Set(['bfloat16']));
  });
});

describe('a step without options', () => {
  it.each<[what: string, change: Change, op: RegExp]>([
    ['parts', { microBatchSize: 6 }, /^Assign(Add)?VariableOp_|Sum$/],
    ['averages', { emaDecay: 0.9 }, /^Sub/],
    ['a norm', { gradientClipNorm: 1 }, /^L2Loss/],
    ['dense labels', { labelSmoothing: 0.1 }, /^OneHot/],
    ['casts', { precision: 'bfloat16' }, /^Cast/],
    ['a decay', { optimizer: { name: 'adamw' } }, /^ResourceApplyGradientDescent/],
  ])('has no %s in its graph, but has them with the option', (_, change, op) => {
    const countOf = (of: Change) => {
      const { graph } = buildTrainingGraph(resolveJob({ ...request, ...of }), data.info, 10);
      return [...graph.nodes.keys()].filter((name) => op.test(name)).length;
    };
    expect(countOf(change)).toBeGreaterThan(countOf({}));
  });
});

describe('the training loop', () => {
  const collect = async (change: Change, validation?: Dataset['test']) => {
    const spec = resolveJob({ ...request, epochs: 2, stepInterval: 1, ...change });
    const program = openProgram(spec, data.info, data.info.classes.length);
    try {
      const events = [];
      for await (const event of train(program, { ...data, validation }, spec, new AbortController().signal))
        events.push(event);
      return events;
    } finally {
      program.close();
    }
  };
  const small = { optimizer: { name: 'sgd', learningRate: 0.008 } } as const;

  it('trains at the scheduled learning rate and reports it in each step', async () => {
    const events = await collect({ ...small, schedule: { name: 'step', factor: 0.5, warmupEpochs: 1 } });
    const rates = events.flatMap((event) => (event.type === 'step' ? [event.learningRate] : []));
    expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([0.002667, 0.005333, 0.008, 0.004, 0.004, 0.004]);
    const constant = await collect({ ...small, stepInterval: 3 });
    const slow = await collect({ ...small, schedule: { name: 'constant', warmupEpochs: 2 }, stepInterval: 3 });
    expect(slow.at(-1)).not.toMatchObject({ trainLoss: (constant.at(-1) as { trainLoss: number }).trainLoss });
  });

  it('scores the validation images after each epoch, if there are any', async () => {
    const set = (await collect(small, data.test)).filter(({ type }) => type === 'epoch');
    expect(set).toHaveLength(2);
    for (const event of set) {
      if (event.type !== 'epoch') continue;
      expect(event.validationLoss).toBe(event.testLoss); // the same images
      expect(event.validationAccuracy).toBe(event.testAccuracy);
    }
    const without = await collect(small);
    expect(without.some((event) => 'validationLoss' in event || 'validationAccuracy' in event)).toBe(false);
    expect(without.at(-1)).toMatchObject({ testLoss: (set.at(-1) as { testLoss: number }).testLoss });
  });
});
