/**
 * `npm run bench:train`: compares training speed and peak memory of the trainer with PyTorch's, and measures the time from the
 * start of the trainer to its first step.
 * `--device cpu | cuda` (default cpu). `--precision float32 | bfloat16` (default float32). `--rounds N` (default 5).
 * `--only NAME`: workloads whose name contains NAME. `--steps N`: timed steps per measurement, for a quick try.
 * `--json`: prints one line of JSON at the end.
 */
import { parseArgs } from 'node:util';
import { referencePython } from './reference/environment.js';
import { requirePrecision } from './support/graphs.js';
import { measureInNode, measureInPython, type Timed } from './support/measure.js';
import {
  choose,
  chooseDevice,
  choosePrecision,
  comparisonOptions,
  repetitions,
  wholeNumber,
} from './support/options.js';
import { describeMachine, judge, printMachine, printTable, verdict } from './support/report.js';
import { bestOf, measureRounds, medianOf, medianRatio, type Rounds, resultsOf } from './support/rounds.js';
import { measureStartUp, type StartUp } from './support/start-up.js';
import { median } from './support/statistics.js';
import { LAYOUTS, type Precision, pytorchOptions, specOf, type Workload, workload } from './support/workloads.js';

type TrainWorkload = Workload &
  Readonly<{
    warmUp: number;
    steps: number;
    /** Minimum ratio of our images per second to PyTorch's in its faster memory layout. Absent: no target. */
    speed: Readonly<Partial<Record<Precision, number>>>;
    /** Largest ratio of our peak memory to that of PyTorch's process, in float32. Absent: no target. */
    memory?: number;
  }>;

const WORKLOADS: readonly TrainWorkload[] = [
  { ...workload('ResNet-18', 96, 64), warmUp: 2, steps: 6, speed: { float32: 1.05, bfloat16: 1.0 }, memory: 1.15 },
  { ...workload('DenseNet', 96, 64), warmUp: 3, steps: 10, speed: { float32: 1.2, bfloat16: 1.1 }, memory: 1.05 },
  { ...workload('ResNet-18', 28, 256), warmUp: 3, steps: 10, speed: { float32: 1.0, bfloat16: 1.0 }, memory: 1.3 },
  { ...workload('ResNet-50', 224, 16), warmUp: 2, steps: 6, speed: { float32: 1.0 } },
  { ...workload('DenseNet-121', 224, 16), warmUp: 2, steps: 6, speed: { float32: 1.0 } },
];

/** Seconds from the start of the trainer's process to the end of its first step, minus the time of a later step. */
const START_UP = { atMost: 3 } as const;

const OURS = 'trainyard';
type Result = Timed & Readonly<{ startUp?: StartUp }>;

const { values: options } = parseArgs({
  options: {
    ...comparisonOptions,
    device: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
  },
});
const device = chooseDevice(options.device);
const precision = choosePrecision(options.precision);
const rounds = wholeNumber('rounds', options.rounds);
const chosen = choose(WORKLOADS, options.only);
/** bfloat16 on a CPU is measured only in the layout that autocast's kernels are made for. */
const layouts = precision === 'float32' || device === 'cuda' ? LAYOUTS : (['channels_last'] as const);
for (const each of chosen) requirePrecision('training', each, precision);

const machine = await describeMachine();
const python = await referencePython();
const measured = await measureRounds<Result>(
  rounds,
  chosen.map((each) => ({ name: each.name, sides: sidesOf(each) })),
);
report();

function sidesOf(each: TrainWorkload): Record<string, () => Promise<Result>> {
  const { warmUp, steps } = repetitions(each, options.steps);
  const spec = specOf(each, precision);
  const pytorch = (layout: string) => () =>
    measureInPython<Result>(python, 'train_speed.py', {
      ...pytorchOptions(each, precision),
      device,
      ...{ layout, 'warm-up': warmUp, steps },
    });
  return {
    [OURS]: async () => ({
      ...(await measureInNode<Timed>('trainer.js', { spec, parameters: each.parameters, warmUp, steps, device })),
      startUp: await measureStartUp(spec),
    }),
    ...Object.fromEntries(layouts.map((layout) => [layout, pytorch(layout)])),
  };
}

function report(): void {
  const results = chosen.map((each, index) => summarize(each, measured[index] ?? []));
  const counts = device === 'cpu' && (precision === 'float32' || machine.amx);
  printMachine(machine, `TensorFlow 2.21.0, PyTorch ${results[0]?.pytorch}`);
  console.log(
    `${precision}, Adam. Medians of ${rounds} interleaved rounds. PyTorch starts from resized floats in memory;`,
  );
  console.log("the trainer's step also decodes and resizes the bytes.");
  console.log(
    precision === 'float32'
      ? 'PyTorch counts with its faster memory layout.'
      : `PyTorch's bfloat16 is torch.autocast${layouts.length > 1 ? ', with its faster memory layout' : ', channels last'}.`,
  );
  if (device === 'cuda') console.log('This is a GPU: the figures are for information, since the targets are for CPUs.');
  else if (!counts)
    console.log('This CPU has no AMX: the figures are for information, since the targets are for CPUs with AMX.');
  console.log();
  printTable(
    ['images per second', OURS, ...layouts, 'ratio', 'target', ''],
    results.map(({ name, speed, ratio, target }) => [
      name,
      ...[OURS, ...layouts].map((side) => speed(side).toFixed(1)),
      ratio.toFixed(3),
      ...(target.speed === undefined ? ['', ''] : verdict(ratio, target.speed, counts)),
    ]),
  );
  console.log();
  printTable(
    ['peak memory, GB', OURS, 'PyTorch', 'ratio', 'target', ''],
    results.map(({ name, memory, memoryRatio, target }) => [
      name,
      ...memory.map((bytes) => (bytes / 1e9).toFixed(2)),
      memoryRatio.toFixed(2),
      ...(target.memory === undefined ? ['', ''] : verdict(memoryRatio, target.memory, device === 'cpu')),
    ]),
  );
  console.log();
  printTable(
    ["seconds from the trainer's start", 'first step begins', 'first step ends', 'minus a later step', 'target', ''],
    results.map(({ name, startUp: { stepBegins, stepEnds, ready } }) => [
      name,
      stepBegins.toFixed(2),
      stepEnds.toFixed(2),
      ready.toFixed(2),
      ...verdict(ready, START_UP, device === 'cpu'),
    ]),
  );
  if (options.json) {
    const figures = results.map(({ name, speed, ratio, memory, memoryRatio, startUp, target }) => ({
      workload: name,
      imagesPerSecond: Object.fromEntries([OURS, ...layouts].map((side) => [side, speed(side)])),
      speed: target.speed === undefined ? { value: ratio } : judge(ratio, target.speed),
      peakBytes: memory,
      memory: target.memory === undefined ? { value: memoryRatio } : judge(memoryRatio, target.memory),
      firstStepBegins: startUp.stepBegins,
      firstStepEnds: startUp.stepEnds,
      startUp: judge(startUp.ready, START_UP),
    }));
    console.log(JSON.stringify({ ...machine, device, precision, targetsCount: counts, rounds, figures }));
  }
}

/** Returns medians over the rounds. A ratio is the median of the rounds' ratios. */
function summarize(each: TrainWorkload, all: Rounds<Result>) {
  const imagesPerSecond = ({ stepSeconds }: Result) => each.batch / median(stepSeconds);
  const peakBytes = (result: Result) => result.peakBytes;
  const best = bestOf(all, layouts, imagesPerSecond);
  const ours = resultsOf(all, OURS);
  const startUps = ours.flatMap(({ startUp }) => startUp ?? []);
  const speedTarget = each.speed[precision];
  return {
    name: each.name,
    pytorch: resultsOf(all, best)[0]?.version,
    speed: (side: string) => medianOf(all, side, imagesPerSecond),
    ratio: medianRatio(all, OURS, best, imagesPerSecond),
    memory: [OURS, best].map((side) => medianOf(all, side, peakBytes)),
    memoryRatio: medianRatio(all, OURS, best, peakBytes),
    startUp: {
      stepBegins: median(startUps.map(({ stepBegins }) => stepBegins)),
      stepEnds: median(startUps.map(({ stepEnds }) => stepEnds)),
      /** The first step includes TensorFlow's preparation of the graph. */
      ready: median(
        ours.flatMap(({ startUp, stepSeconds }) => (startUp ? startUp.stepEnds - median(stepSeconds) : [])),
      ),
    },
    target: {
      speed: speedTarget === undefined ? undefined : { atLeast: speedTarget },
      memory: precision === 'bfloat16' || each.memory === undefined ? undefined : { atMost: each.memory },
    },
  };
}
