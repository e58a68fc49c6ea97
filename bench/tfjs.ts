/**
 * `npm run bench:tfjs`: training speed of the trainer beside stock tfjs-node's `LayersModel.fit` with the same networks.
 * Options: --rounds N (5), --only NAME (a part of a workload's name), --steps N (timed steps of a measurement, for trying it
 * out), --json (one line of JSON at the end).
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

/** `speed`: images per second over stock tfjs-node's, at least. Its steps are slow, so it is timed for fewer of them. */
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

/** The trainer's session turns oneDNN on by itself; here it is the environment's to do. */
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
    `fp32, Adam, oneDNN on, medians of ${rounds} interleaved rounds. tfjs-node is its published JavaScript with`,
  );
  console.log(
    'LayersModel.fit; its addon is compiled against the same TensorFlow 2.21 as ours, since the library of 2022',
  );
  console.log('that it is published with cannot be downloaded everywhere.\n');
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
