/**
 * `npm run bench:checkpoint`: measures the cost of a checkpoint for ResNet-18 at 96 pixels with Adam and a batch of 256.
 * A checkpoint is timed until its file is on disk. Training waits only while the weights are read and hashed.
 * `--checkpoints N` (default 5): timed checkpoints. `--steps N` (default 6): timed steps, from which the bench estimates
 * the time of an epoch of 60,000 images. `--json`: prints one line of JSON at the end.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resolveJob } from '../src/contracts/jobs/job.js';
import { loadDataset } from '../src/datasets/index.js';
import { openCheckpoints } from '../src/store/checkpoints.js';
import { batches } from '../src/training/step/batches.js';
import { openProgram } from '../src/training/step/program.js';
import { wholeNumber } from './support/options.js';
import { describeMachine, judge, printMachine, printTable, verdict } from './support/report.js';
import { median } from './support/statistics.js';

const { values: options } = parseArgs({
  options: {
    checkpoints: { type: 'string', default: '5' },
    steps: { type: 'string', default: '6' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = wholeNumber('checkpoints', options.checkpoints);
const timedSteps = wholeNumber('steps', options.steps);
const EPOCH_IMAGES = 60_000;
const SECONDS = { atMost: 1 } as const;
const SHARE_OF_EPOCH = { atMost: 0.02 } as const;

const spec = resolveJob({
  network: 'resnet',
  dataset: { name: 'synthetic', trainSamples: 256, testSamples: 1 },
});
const machine = await describeMachine();
const data = await loadDataset(spec.dataset, spec.seed, { datasetsDir: '' });
const program = openProgram(spec, data.info, data.info.classes.length);
const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
try {
  const [batch] = batches(data.train, spec.batchSize);
  if (batch === undefined) throw new Error('The data set has no batch.');
  program.train(batch, 1);
  const stepTimes = Array.from({ length: timedSteps }, (_, i) => timed(() => program.train(batch, i + 2)));
  const epochSeconds = (median(stepTimes) * EPOCH_IMAGES) / spec.batchSize;

  const checkpoints = await openCheckpoints({ checkpointsDir: folder, jobId: 'bench', attempt: 1 });
  const whole: number[] = [];
  const waiting: number[] = [];
  for (let steps = 1; steps <= rounds; steps++) {
    const began = performance.now();
    const state = program.state();
    const tensors = new Map(
      [...state].map(([name, values]) => [name, { shape: program.stateShapes.get(name) ?? [], values }]),
    );
    const position = { epoch: 1, step: steps, totals: { loss: 0, correct: 0, images: 0, seconds: 0 }, seconds: 0 };
    const writing = checkpoints.save({ header: { jobId: 'bench', attempt: 1, steps, position, events: [] }, tensors });
    waiting.push((performance.now() - began) / 1000);
    await writing;
    whole.push((performance.now() - began) / 1000);
  }
  const { size } = await stat(join(folder, 'bench', '1', `${rounds}.safetensors`));
  report({ seconds: median(whole), waits: median(waiting), slowest: Math.max(...whole), bytes: size, epochSeconds });
} finally {
  program.close();
  await rm(folder, { recursive: true });
}

function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

function report(
  found: Readonly<{ seconds: number; waits: number; slowest: number; bytes: number; epochSeconds: number }>,
): void {
  const { seconds, waits, slowest, bytes, epochSeconds } = found;
  const share = seconds / epochSeconds;
  printMachine(machine, 'ResNet-18 @96, batch 256, Adam');
  console.log(
    `\nA checkpoint has ${(bytes / 1e6).toFixed(0)} MB. Median of ${rounds} checkpoints. An epoch takes ${epochSeconds.toFixed(0)} s.\n`,
  );
  printTable(
    ['', 'measured', 'target', ''],
    [
      ['checkpoint, s', seconds.toFixed(2), ...verdict(seconds, SECONDS)],
      ['slowest checkpoint, s', slowest.toFixed(2), '', ''],
      ['time that training waits, s', waits.toFixed(2), '', ''],
      ['share of an epoch', `${(100 * share).toFixed(3)} %`, ...verdict(share, SHARE_OF_EPOCH)],
    ],
  );
  if (options.json)
    console.log(JSON.stringify({ ...found, seconds: judge(seconds, SECONDS), share: judge(share, SHARE_OF_EPOCH) }));
}
