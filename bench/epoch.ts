/**
 * `npm run bench:epoch`: compares one epoch of the tutorial's PyTorch script with the same epoch as a job of the service.
 * `--samples N` (default 60,000): trains on the first N images and tests on N / 6. `--rounds N` (default 5). `--only NAME`:
 * workloads whose name contains NAME. `--json`: prints one line of JSON at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config.js';
import type { EpochScores } from '../src/contracts/jobs/outcome.js';
import { referencePython } from './reference/environment.js';
import { submit, waitForFrame } from './support/jobs.js';
import { measureInPython } from './support/measure.js';
import { choose, comparisonOptions, wholeNumber } from './support/options.js';
import { describeMachine, judge, printMachine, printTable, verdict } from './support/report.js';
import { measureRounds, medianOf, medianRatio } from './support/rounds.js';
import { startTrainyard } from './support/service.js';
import { workload } from './support/workloads.js';

const OURS = 'trainyard';
const RIVAL = 'PyTorch';
const SIDES = [OURS, RIVAL] as const;

/** `speed` is the target: at least this ratio of PyTorch's seconds to ours. */
const WORKLOADS = [
  { ...workload('ResNet-18', 96, 256), speed: 1.1 },
  { ...workload('DenseNet', 96, 256), speed: 1.4 },
];
type EpochWorkload = (typeof WORKLOADS)[number];

type Epoch = Readonly<{ seconds: number; version: string }> &
  Pick<EpochScores, 'trainLoss' | 'trainAccuracy' | 'testAccuracy'>;

const { steps: _, ...common } = comparisonOptions;
const { values: options } = parseArgs({ options: { ...common, samples: { type: 'string', default: '60000' } } });
const rounds = wholeNumber('rounds', options.rounds);
const trainSamples = wholeNumber('samples', options.samples);
const testSamples = Math.max(1, Math.round(trainSamples / 6));
const chosen = choose(WORKLOADS, options.only);
const { datasetsDir } = loadConfig();
const machine = await describeMachine();
const python = await referencePython();

const measured = await measureRounds<Epoch>(
  rounds,
  chosen.map((each) => ({
    name: each.name,
    sides: { [OURS]: () => measureService(each), [RIVAL]: () => measureScript(each) },
  })),
);
report();

/** Measures the seconds from the request to the `epoch` frame, on a new, idle service. */
async function measureService({ architecture, resize, batch }: EpochWorkload): Promise<Epoch> {
  const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
  const service = await startTrainyard(dataDir);
  try {
    const dataset = { resize, trainSamples, testSamples };
    const began = performance.now();
    const { id } = await submit(service.address, { ...architecture, dataset, batchSize: batch, epochs: 1 });
    const { trainLoss, trainAccuracy, testAccuracy } = await waitForFrame(service.address, id, 'epoch');
    return {
      seconds: (performance.now() - began) / 1000,
      trainLoss: trainLoss ?? Number.NaN,
      trainAccuracy,
      testAccuracy,
      version: process.version,
    };
  } finally {
    await service.close();
    await rm(dataDir, { recursive: true });
  }
}

function measureScript({ pytorch, parameters, resize, batch }: EpochWorkload): Promise<Epoch> {
  return measureInPython(python, 'epoch.py', {
    ...{ folder: datasetsDir, network: pytorch, parameters, resize, batch },
    ...{ 'train-samples': trainSamples, 'test-samples': testSamples },
  });
}

function report(): void {
  const results = chosen.map((each, index) => {
    const all = measured[index] ?? [];
    const medians = (figure: (epoch: Epoch) => number) => SIDES.map((side) => medianOf(all, side, figure));
    return {
      name: each.name,
      seconds: medians(({ seconds }) => seconds),
      testAccuracy: medians(({ testAccuracy }) => testAccuracy),
      trainLoss: medians(({ trainLoss }) => trainLoss),
      ratio: medianRatio(all, RIVAL, OURS, ({ seconds }) => seconds),
      target: { atLeast: each.speed },
    };
  });
  printMachine(machine, `TensorFlow 2.21.0, PyTorch ${measured[0]?.[0]?.[RIVAL]?.version}`);
  console.log(
    `One epoch of ${trainSamples} images and the test on ${testSamples} images. Medians of ${rounds} interleaved rounds.`,
  );
  console.log(
    "PyTorch: the tutorial's script with 4 data loading processes and its own timing, which excludes the start of Python.",
  );
  console.log(
    'trainyard: time from POST /jobs to the epoch frame over WebSocket, which includes the start of the trainer.\n',
  );
  printTable(
    ['seconds', ...SIDES, 'ratio', 'target', '', 'test accuracy', 'PyTorch test accuracy'],
    results.map(({ name, seconds, ratio, target, testAccuracy }) => [
      name,
      ...seconds.map((value) => value.toFixed(1)),
      ratio.toFixed(3),
      ...verdict(ratio, target),
      ...testAccuracy.map((value) => value.toFixed(3)),
    ]),
  );
  if (options.json) {
    const bySide = (values: readonly number[]) => Object.fromEntries(SIDES.map((side, index) => [side, values[index]]));
    const figures = results.map(({ name, seconds, trainLoss, testAccuracy, ratio, target }) => ({
      workload: name,
      seconds: bySide(seconds),
      trainLoss: bySide(trainLoss),
      testAccuracy: bySide(testAccuracy),
      speed: judge(ratio, target),
    }));
    console.log(JSON.stringify({ ...machine, trainSamples, testSamples, rounds, figures }));
  }
}
