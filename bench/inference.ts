/**
 * `npm run bench:inference`: compares a call of the serving graph with PyTorch's inference mode, in both precisions. The graph
 * runs in the runtime that the service uses, and in float32 also in TensorFlow.
 * `--precision float32 | bfloat16` (default both). `--rounds N` (default 5). `--only NAME`: workloads whose name contains
 * NAME. `--steps N`: timed calls per measurement, for a quick try. `--json`: prints one line of JSON at the end.
 */
import { parseArgs } from 'node:util';
import { referencePython } from './reference/environment.js';
import { requirePrecision } from './support/graphs.js';
import { measureInNode, measureInPython, type Timed } from './support/measure.js';
import { choose, choosePrecision, comparisonOptions, repetitions, wholeNumber } from './support/options.js';
import { describeMachine, judge, printMachine, printTable, verdict } from './support/report.js';
import { bestOf, measureRounds, medianOf, medianRatio } from './support/rounds.js';
import { median } from './support/statistics.js';
import { LAYOUTS, type Precision, pytorchOptions, specOf, workload } from './support/workloads.js';

const RUNTIMES = ['onnxruntime', 'tensorflow'] as const;
const SIDES = [...RUNTIMES, ...LAYOUTS] as const;
/** Ratio of our images per second to PyTorch's in its faster memory layout. */
const TARGET = { atLeast: 1 } as const;

const WORKLOADS = [
  { ...workload('ResNet-18', 96, 1), warmUp: 20, steps: 300 },
  { ...workload('DenseNet', 96, 1), warmUp: 20, steps: 300 },
  { ...workload('ResNet-18', 28, 1), warmUp: 20, steps: 300 },
  { ...workload('ResNet-18', 96, 64), warmUp: 3, steps: 20 },
  { ...workload('DenseNet', 96, 64), warmUp: 3, steps: 20 },
  { ...workload('ResNet-18', 28, 64), warmUp: 5, steps: 40 },
];
type InferenceWorkload = (typeof WORKLOADS)[number] & Readonly<{ precision: Precision }>;

const { values: options } = parseArgs({
  options: { ...comparisonOptions, precision: { type: 'string' } },
});
const precisions: readonly Precision[] =
  options.precision === undefined ? ['float32', 'bfloat16'] : [choosePrecision(options.precision)];
const rounds = wholeNumber('rounds', options.rounds);
const chosen = choose(WORKLOADS, options.only).flatMap((each) =>
  precisions.map((precision): InferenceWorkload => ({ ...each, name: `${each.name}, ${precision}`, precision })),
);
for (const each of chosen) requirePrecision('serving', each, each.precision);

const machine = await describeMachine();
const python = await referencePython();
const measured = await measureRounds<Timed>(
  rounds,
  chosen.map((each) => ({ name: each.name, sides: sidesOf(each) })),
);
report();

function sidesOf(each: InferenceWorkload): Record<string, () => Promise<Timed>> {
  const { precision, parameters } = each;
  const { warmUp, steps } = repetitions(each, options.steps);
  const trainyard = (runtime: string) => () =>
    measureInNode<Timed>('serving.js', { spec: specOf(each, precision), parameters, runtime, warmUp, steps });
  const pytorch = (layout: string) => () =>
    measureInPython<Timed>(python, 'inference_speed.py', {
      ...pytorchOptions(each, precision),
      ...{ layout, 'warm-up': warmUp, steps },
    });
  return {
    ...Object.fromEntries(runtimesFor(precision).map((runtime) => [runtime, trainyard(runtime)])),
    ...Object.fromEntries(LAYOUTS.map((layout) => [layout, pytorch(layout)])),
  };
}

/** Returns the runtimes to measure, first the one that the service uses. Models for ONNX Runtime are in float32. */
function runtimesFor(precision: Precision): readonly (typeof RUNTIMES)[number][] {
  return precision === 'float32' ? RUNTIMES : ['tensorflow'];
}

function report(): void {
  const results = chosen.map((each, index) => {
    const all = measured[index] ?? [];
    const imagesPerSecond = ({ stepSeconds }: Timed) => each.batch / median(stepSeconds);
    const [ours = 'tensorflow'] = runtimesFor(each.precision);
    return {
      name: each.name,
      speed: SIDES.map((side) => medianOf(all, side, imagesPerSecond)),
      peakBytes: SIDES.map((side) => medianOf(all, side, (result) => result.peakBytes)),
      ratio: medianRatio(all, ours, bestOf(all, LAYOUTS, imagesPerSecond), imagesPerSecond),
    };
  });
  printMachine(machine, `TensorFlow 2.21.0, PyTorch ${measured[0]?.[0]?.channels_last?.version}`);
  console.log(
    `Medians of ${rounds} interleaved rounds. PyTorch starts from resized floats in memory; in bfloat16 its whole`,
  );
  console.log(
    'network is bfloat16. Our graph also resizes the bytes and ends with softmax. PyTorch counts with its faster',
  );
  console.log(`memory layout. This CPU has ${machine.amx ? '' : 'no '}AMX.\n`);
  printTable(
    ['images per second', ...SIDES, 'ratio', 'target', ''],
    results.map(({ name, speed, ratio }) => [
      name,
      ...speed.map((value) => cell(value, 1)),
      ratio.toFixed(3),
      ...verdict(ratio, TARGET),
    ]),
  );
  console.log('\nPeak memory of the measured processes, in MB:\n');
  printTable(
    ['', ...SIDES],
    results.map(({ name, peakBytes }) => [name, ...peakBytes.map((bytes) => cell(bytes / 1e6, 0))]),
  );
  if (options.json) {
    const figures = results.map(({ name, speed, ratio }) => ({
      workload: name,
      imagesPerSecond: Object.fromEntries(SIDES.map((side, index) => [side, speed[index]])),
      speed: judge(ratio, TARGET),
    }));
    console.log(JSON.stringify({ ...machine, rounds, figures }));
  }
}

/** Formats a figure; a dash if that side was not measured. */
function cell(value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}
