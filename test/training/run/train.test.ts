/** A small training run: it learns, reports events, can be aborted and frees its memory. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EpochEvent, TrainingEvent } from '../../../src/contracts/jobs/frame.js';
import { resolveJob } from '../../../src/contracts/jobs/job.js';
import { NETWORK_NAMES, resolveNetworkOptions } from '../../../src/contracts/networks/network.js';
import { resolveOptimizer } from '../../../src/contracts/training/training-options.js';
import { type Dataset, loadDataset } from '../../../src/datasets/index.js';
import { tensorsAlive } from '../../../src/graph/session.js';
import { train } from '../../../src/training/run/train.js';
import { batches, permutation, stepsPerEpoch } from '../../../src/training/step/batches.js';
import { openProgram, type Program } from '../../../src/training/step/program.js';

const spec = resolveJob({
  network: 'resnet',
  dataset: { name: 'synthetic', resize: 16, trainSamples: 96, testSamples: 40 },
  batchSize: 40,
  epochs: 2,
  stepInterval: 2,
});
const load = (): Promise<Dataset> => loadDataset(spec.dataset, spec.seed, { datasetsDir: '' });
const never = new AbortController().signal;

async function collect(program: Program, data: Dataset, signal = never): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of train(program, data, spec, signal)) events.push(event);
  return events;
}

function digest(weights: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256');
  for (const [name, values] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(name).update(values);
  return hash.digest('hex');
}

/** Opens a program and closes it after `use`. */
async function withProgram<T>(
  use: (program: Program, data: Dataset) => Promise<T> | T,
  change: Partial<typeof spec> = {},
): Promise<T> {
  const data = await load();
  const program = openProgram({ ...spec, ...change }, data.info, data.info.classes.length);
  try {
    return await use(program, data);
  } finally {
    program.close();
  }
}

describe('a training run', () => {
  it('yields a step event every stepInterval steps and at the end of an epoch, and an epoch event after each', async () => {
    const events = await withProgram(collect);
    expect(
      events.map((event) => {
        if (event.type === 'step') return `${event.epoch}:${event.step}/${event.steps}`;
        return event.type === 'epoch' ? `epoch ${event.epoch}/${event.epochs}` : event.type;
      }),
    ).toEqual(['1:2/3', '1:3/3', 'epoch 1/2', '2:2/3', '2:3/3', 'epoch 2/2']);
  });

  it('averages the scores of an epoch over its images, including a smaller last batch', async () => {
    await withProgram(async (program, data) => {
      const scores: { loss: number; correct: number; images: number }[] = [];
      const watched: Program = {
        ...program,
        train: (batch, step) => {
          const score = program.train(batch, step);
          scores.push({ ...score, images: batch.labels.length });
          return score;
        },
      };
      const [epoch] = (await collect(watched, data)).filter((event): event is EpochEvent => event.type === 'epoch');
      const first = scores.slice(0, 3);
      expect(first.map(({ images }) => images)).toEqual([40, 40, 16]);
      expect(epoch?.trainLoss).toBeCloseTo(first.reduce((sum, { loss, images }) => sum + loss * images, 0) / 96, 6);
      expect(epoch?.trainAccuracy).toBeCloseTo(first.reduce((sum, { correct }) => sum + correct, 0) / 96, 6);
    });
  });

  it('ends within a step of an abort and leaks no tensor', async () => {
    const before = tensorsAlive();
    await withProgram(async (program, data) => {
      const stop = new AbortController();
      const events: TrainingEvent[] = [];
      const run = (async () => {
        for await (const event of train(program, data, { ...spec, stepInterval: 1 }, stop.signal)) {
          events.push(event);
          stop.abort(new Error('stopped by the test'));
        }
      })();
      await expect(run).rejects.toThrow('stopped by the test');
      expect(events).toHaveLength(1);
    });
    expect(tensorsAlive()).toBe(before);
  });

  it('fails with `diverged` and the step if the loss is NaN', async () => {
    await withProgram(async (program, data) => {
      const weights = program.weights();
      program.restore(
        new Map([['fc.1.weight', (weights.get('fc.1.weight') ?? new Float32Array()).map(() => Number.NaN)]]),
      );
      await expect(collect(program, data)).rejects.toMatchObject({
        code: 'diverged',
        message: expect.stringContaining('epoch 1, step 1'),
      });
    });
  });
});

describe('a seed', () => {
  const trainAndDigest = () =>
    withProgram(async (program, data) => (await collect(program, data)) && digest(program.weights()));

  it('gives the same bits in two runs', async () => {
    expect(await trainAndDigest()).toBe(await trainAndDigest());
  });

  it('gives the same bits in another process, from the compiled code', async () => {
    const script = `
      import { createHash } from 'node:crypto';
      import { loadDataset } from './dist/datasets/index.js';
      import { openProgram } from './dist/training/step/program.js';
      import { train } from './dist/training/run/train.js';
      const spec = ${JSON.stringify(spec)};
      const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir: '' });
      const program = openProgram(spec, data.info, data.info.classes.length);
      for await (const event of train(program, data, spec, new AbortController().signal));
      const hash = createHash('sha256');
      for (const [name, values] of [...program.weights()].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(name).update(values);
      console.log(hash.digest('hex'));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(output.trim()).toBe(await trainAndDigest());
  });

  it('gives other bits than another seed', async () => {
    const of = (seed: number) => withProgram((program) => digest(program.weights()), { seed });
    expect(await of(0)).not.toBe(await of(1));
  });

  it('does not matter in a run that is restored from the state of another', async () => {
    await withProgram(async (first, data) => {
      const [a, b, c] = [...batches(data.train, 32)] as [never, never, never];
      first.train(a, 1);
      first.train(b, 2);
      const state = first.state();
      const expected = first.train(c, 3);
      await withProgram(
        (second) => {
          second.restore(state);
          expect(second.train(c, 3)).toEqual(expected);
          expect(digest(second.weights())).toBe(digest(first.weights()));
        },
        { seed: 5 },
      );
    });
  });
});

describe.each(NETWORK_NAMES)('%s', (network) => {
  const architecture = { network, networkOptions: resolveNetworkOptions(network) };

  it.each([
    { name: 'adam' },
    { name: 'adamw' },
    { name: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true },
    { name: 'sgd', learningRate: 0.05, momentum: 0 },
  ] as const)('memorizes a batch with $name (momentum $momentum)', async (request) => {
    const change = { ...architecture, optimizer: resolveOptimizer(request), dataset: { ...spec.dataset, resize: 32 } };
    await withProgram((program, data) => {
      const [batch] = batches(data.train, 16);
      if (batch === undefined) throw new Error('no batch');
      const losses = Array.from({ length: 12 }, (_, i) => program.train(batch, i + 1).loss);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.5);
    }, change);
  });

  it('leaks no tensor in 100 steps', async () => {
    await withProgram(
      (program, data) => {
        const [batch] = batches(data.train, 2);
        if (batch === undefined) throw new Error('no batch');
        const before = tensorsAlive();
        for (let step = 1; step <= 100; step++) program.train(batch, step);
        program.evaluate(batch);
        expect(tensorsAlive()).toBe(before);
      },
      { ...architecture, dataset: { ...spec.dataset, resize: 32 } },
    );
  });
});

describe('the initial weights', () => {
  it('are uniform in ±1/√fan-in, and 1, 0, 0, 1 in a BatchNorm', async () => {
    await withProgram((program) => {
      const weights = program.weights();
      for (const [name, shape] of program.shapes) {
        const values = [...(weights.get(name) ?? [])];
        const batchNorm = weights.has(name.replace(/[^.]+$/, 'running_mean'));
        if (batchNorm) {
          const start = /(\.weight|running_var)$/.test(name) ? 1 : 0;
          expect(
            values.every((value) => value === start),
            name,
          ).toBe(true);
          continue;
        }
        const kernel = program.shapes.get(name.replace(/bias$/, 'weight')) ?? shape;
        const bound = 1 / Math.sqrt(kernel.slice(0, -1).reduce((product, size) => product * size, 1));
        expect(Math.max(...values.slice(0, 50_000).map(Math.abs)), name).toBeLessThanOrEqual(bound * 1.000001);
        if (values.length < 1_000) continue;
        const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
        expect(Math.abs(deviation / (bound / Math.sqrt(3)) - 1), name).toBeLessThan(0.05);
      }
    });
  });
});

describe('the order of the images', () => {
  it('visits each image once per epoch, in an order that depends on epoch and seed', () => {
    const orders = [permutation(1000, 0, 1), permutation(1000, 0, 2), permutation(1000, 1, 1)];
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(new Set(orders.map((order) => order.join())).size).toBe(3);
    expect(permutation(1000, 0, 2)).toEqual(orders[1]);
  });
  it('puts each image at each position with the same probability', () => {
    const places = Array.from({ length: 2000 }, (_, epoch) => permutation(10, 7, epoch).indexOf(0));
    for (let place = 0; place < 10; place++) {
      const share = places.filter((found) => found === place).length;
      expect(Math.abs(share - 200)).toBeLessThan(5 * Math.sqrt(200 * 0.9));
    }
  });
  it('includes the smaller last batch', () => {
    expect(stepsPerEpoch(60_000, 256)).toBe(235);
    const data = { images: Uint8Array.from([1, 2, 3, 4, 5, 6]), labels: Uint8Array.of(0, 1, 2), samples: 3 };
    expect(
      [...batches(data, 2, Uint32Array.of(2, 0, 1))].map(({ images, labels }) => [[...images], [...labels]]),
    ).toEqual([
      [
        [5, 6, 1, 2],
        [2, 0],
      ],
      [[3, 4], [1]],
    ]);
  });
});
