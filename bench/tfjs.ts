/**
 * `npm run bench:tfjs`: compares the training speed of the trainer with `LayersModel.fit` of stock tfjs-node, for the same
 * networks.
 * `--rounds N` (default 5). `--only NAME`: workloads whose name contains NAME. `--steps N`: timed steps per measurement, for a
 * quick try. `--json`: prints one line of JSON at the end.
 */
import { parseArgs } from 'node:util';
import { measureInNode, type Timed } from './support/measure.js';
import { choose, comparisonOptions, repetitions, wholeNumber } from './support/options.js';
import { describeMachine, judge, printMachine, printTable, verdict } from './support/report.js';
import { measureRounds, medianOf, medianRatio } from './support/rounds.js';
import { median } from './support/statistics.js';
import { specOf, workload } from './support/workloads.js';

const OURS = 'trainyard';
const STOCK = 'tfjs-node';

/** `speed` is the target: at least this ratio of our images per second to stock tfjs-node's. Its slow steps are timed less often. */
const WORKLOADS = [
  { ...workload('ResNet-18', 96, 64), ours: { warmUp: 2, steps: 6 }, stock: { warmUp: 1, steps: 4 }, speed: 3 },
  { ...workload('DenseNet', 96, 64), ours: { warmUp: 3, steps: 10 }, stock: { warmUp: 1, steps: 4 }, speed: 5 },
  { ...workload('ResNet-18', 28, 256), ours: { warmUp: 3, steps: 10 }, stock: { warmUp: 1, steps: 4 }, speed: 3.5 },
] as const;
type TfjsWorkload = (typeof WORKLOADS)[number];

const { values: options } = parseArgs({ options: comparisonOptions });
const rounds = wholeNumber('rounds', options.rounds);
const chosen = choose(WORKLOADS, options.only);

const machine = await describeMachine();
const measured = await measureRounds<Timed>(
  rounds,
  chosen.map((each) => ({
    name: each.name,
    sides: { [OURS]: () => measureTrainer(each), [STOCK]: () => measureStock(each) },
  })),
);
report();

function measureTrainer(each: TfjsWorkload): Promise<Timed> {
  const spec = specOf(each, 'float32');
  return measureInNode('trainer.js', { spec, parameters: each.parameters, ...repetitions(each.ours, options.steps) });
}

/** Turns oneDNN on through the environment; the trainer's session does so by itself. */
function measureStock({ architecture, resize, batch, parameters, stock }: TfjsWorkload): Promise<Timed> {
  const { network } = architecture;
  const measurement = { network, resize, batch, parameters, ...repetitions(stock, options.steps) };
  return measureInNode('tfjs.js', measurement, { TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '1' });
}

function report(): void {
  const results = chosen.map((each, index) => {
    const all = measured[index] ?? [];
    const imagesPerSecond = ({ stepSeconds }: Timed) => each.batch / median(stepSeconds);
    return {
      name: each.name,
      speed: [OURS, STOCK].map((side) => medianOf(all, side, imagesPerSecond)),
      ratio: medianRatio(all, OURS, STOCK, imagesPerSecond),
      target: { atLeast: each.speed },
    };
  });
  printMachine(machine, `TensorFlow 2.21.0, tfjs-node ${measured[0]?.[0]?.[STOCK]?.version}`);
  console.log(
    `float32, Adam, oneDNN on. Medians of ${rounds} interleaved rounds. tfjs-node is the published JavaScript with`,
  );
  console.log(
    'LayersModel.fit. Its addon is compiled against the same TensorFlow 2.21 as ours, because the TensorFlow library',
  );
  console.log('of 2022 that it was published with cannot be downloaded everywhere.\n');
  printTable(
    ['images per second', OURS, STOCK, 'ratio', 'target', ''],
    results.map(({ name, speed, ratio, target }) => [
      name,
      ...speed.map((value) => value.toFixed(1)),
      ratio.toFixed(2),
      ...verdict(ratio, target),
    ]),
  );
  if (options.json) {
    const figures = results.map(({ name, speed: [ours, stock], ratio, target }) => ({
      workload: name,
      imagesPerSecond: { [OURS]: ours, [STOCK]: stock },
      speed: judge(ratio, target),
    }));
    console.log(JSON.stringify({ ...machine, rounds, figures }));
  }
}
