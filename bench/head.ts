/**
 * `npm run bench:head`: trains the head of a frozen network, and compares speed and peak memory with PyTorch's, and with training all layers.
 * `--rounds N` (default 5). `--only NAME`: workloads whose name contains NAME. `--steps N`: timed steps per measurement, for a quick try.
 * `--json`: prints one line of JSON at the end.
 */
import { parseArgs } from 'node:util';
import { referencePython } from './reference/environment.js';
import { measureInNode, measureInPython, type Timed } from './support/measure.js';
import { choose, comparisonOptions, repetitions, wholeNumber } from './support/options.js';
import { describeMachine, printMachine, printTable } from './support/report.js';
import { bestOf, measureRounds, medianOf, medianRatio, type Rounds, resultsOf } from './support/rounds.js';
import { median } from './support/statistics.js';
import { LAYOUTS, pytorchOptions, specOf, type Workload, workload } from './support/workloads.js';

const WORKLOADS = [
  { ...workload('ResNet-18', 96, 64), warmUp: 2, steps: 10 },
  { ...workload('DenseNet', 96, 64), warmUp: 2, steps: 10 },
  { ...workload('ResNet-50', 224, 16), warmUp: 2, steps: 6 },
] as const;

const HEAD = 'trainyard, head';
const WHOLE = 'trainyard, all layers';
/** The two usual ways to train only the head in PyTorch: no gradients for the backbone's weights, or its features without autograd. */
const FROZEN = ['requires_grad', 'no_grad'] as const;
const RIVALS = FROZEN.flatMap((frozen) => LAYOUTS.map((layout) => ({ side: `${frozen} ${layout}`, frozen, layout })));

const { values: options } = parseArgs({ options: comparisonOptions });
const rounds = wholeNumber('rounds', options.rounds);
const chosen = choose(WORKLOADS, options.only) as readonly (typeof WORKLOADS)[number][];

const machine = await describeMachine();
const python = await referencePython();
const measured = await measureRounds<Timed>(
  rounds,
  chosen.map((each) => ({ name: each.name, sides: sidesOf(each) })),
);
report();

function sidesOf(each: (typeof WORKLOADS)[number]): Record<string, () => Promise<Timed>> {
  const { warmUp, steps } = repetitions(each, options.steps);
  const spec = specOf(each, 'float32');
  const ours = (choice: object) => () =>
    measureInNode<Timed>('trainer.js', { spec: { ...spec, ...choice }, parameters: each.parameters, warmUp, steps });
  const theirs = ({ frozen, layout }: (typeof RIVALS)[number]) =>
    measureInPython<Timed>(python, 'head_speed.py', {
      ...pytorchOptions(each, 'float32'),
      ...{ frozen, layout, 'warm-up': warmUp, steps },
    });
  return {
    [HEAD]: ours({ freeze: 'backbone' }),
    [WHOLE]: ours({}),
    ...Object.fromEntries(RIVALS.map((rival) => [rival.side, () => theirs(rival)])),
  };
}

function report(): void {
  const results = chosen.map((each, index) => summarize(each, measured[index] ?? []));
  printMachine(machine, `TensorFlow 2.21.0, PyTorch ${results[0]?.pytorch}`);
  console.log(
    `float32, Adam, backbone in evaluation mode. Medians of ${rounds} interleaved rounds. PyTorch in its faster`,
  );
  console.log('memory layout. It starts from resized floats in memory; our step also decodes and resizes the bytes.\n');
  const sides = [HEAD, ...FROZEN, WHOLE];
  const table = (title: string, figures: (result: (typeof results)[number]) => readonly string[]) =>
    printTable(
      [title, ...sides, 'ratio'],
      results.map((result) => [result.name, ...figures(result)]),
    );
  table('images per second', ({ speed, ratio }) => [...speed.map((rate) => rate.toFixed(1)), ratio.toFixed(2)]);
  console.log();
  table('peak memory, GB', ({ memory, memoryRatio }) => [
    ...memory.map((bytes) => (bytes / 1e9).toFixed(2)),
    memoryRatio.toFixed(2),
  ]);
  if (options.json) console.log(JSON.stringify({ ...machine, rounds, figures: results }));
}

/** Returns medians over the rounds, in the order of the table's sides. A ratio is ours to PyTorch's best. */
function summarize(each: Workload, all: Rounds<Timed>) {
  const imagesPerSecond = ({ stepSeconds }: Timed) => each.batch / median(stepSeconds);
  const peakBytes = (result: Timed) => result.peakBytes;
  const best = FROZEN.map((frozen) => {
    const own = RIVALS.filter((rival) => rival.frozen === frozen).map(({ side }) => side);
    return bestOf(all, own, imagesPerSecond);
  });
  const fastest = bestOf(all, best, imagesPerSecond);
  const sides = [HEAD, ...best, WHOLE];
  return {
    name: each.name,
    pytorch: resultsOf(all, fastest)[0]?.version,
    speed: sides.map((side) => medianOf(all, side, imagesPerSecond)),
    ratio: medianRatio(all, HEAD, fastest, imagesPerSecond),
    memory: sides.map((side) => medianOf(all, side, peakBytes)),
    memoryRatio: medianRatio(all, HEAD, fastest, peakBytes),
  };
}
