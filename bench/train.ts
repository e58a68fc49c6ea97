/**
 * `npm run bench:train`: training speed and peak memory of the trainer beside PyTorch's on this machine.
 * Options: --rounds N (3), --only NAME (a part of a workload's name), --json (one line of JSON at the end).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { referencePython, startReference } from './reference/environment.js';
import { printTable, quantile } from './support/load.js';

/** Speed is images per second over PyTorch's in its better layout; both sides must reach it in fp32. */
const WORKLOADS = [
  { name: 'ResNet-18 @96, batch 64', network: 'resnet', resize: 96, batch: 64, warmUp: 2, steps: 6, speed: 0.95 },
  { name: 'DenseNet @96, batch 64', network: 'densenet', resize: 96, batch: 64, warmUp: 3, steps: 10, speed: 1.1 },
  { name: 'ResNet-18 @28, batch 256', network: 'resnet', resize: 28, batch: 256, warmUp: 3, steps: 10, speed: 0.9 },
] as const;
type Workload = (typeof WORKLOADS)[number];

/** Peak memory of the trainer's process over PyTorch's. */
const MEMORY = 1.5;

const LAYOUTS = ['contiguous_format', 'channels_last'] as const;
const SIDES = ['trainyard', ...LAYOUTS] as const;
type Side = (typeof SIDES)[number];

/** What a child prints. */
type Measured = Readonly<{ stepSeconds: readonly number[]; peakBytes: number; version: string }>;
type Result = Readonly<{ imagesPerSecond: number; peakBytes: number; version: string }>;
type Round = Readonly<Record<Side, Result>>;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const chosen = WORKLOADS.filter(({ name }) => name.toLowerCase().includes(options.only.toLowerCase()));
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds takes a whole number from 1, not "${options.rounds}".`);
if (chosen.length === 0)
  throw new Error(`--only "${options.only}" is part of none of: ${WORKLOADS.map(({ name }) => name).join('; ')}.`);

const python = await referencePython();
const measured = new Map<Workload, Round[]>(chosen.map((workload) => [workload, []]));
for (let round = 0; round < rounds; round++) {
  for (const [workload, results] of measured) {
    results.push(await measureRound(workload, round));
    console.error(`round ${round + 1} of ${rounds}: ${workload.name}`);
  }
}
report();

/** Each side once, one after the other, so that what slows the machine down slows all of them; each round begins with another. */
async function measureRound(workload: Workload, round: number): Promise<Round> {
  const results: Partial<Record<Side, Result>> = {};
  for (let i = 0; i < SIDES.length; i++) {
    const side = SIDES[(round + i) % SIDES.length] as Side;
    const { stepSeconds, ...rest } = await resultOf(side, start(workload, side));
    results[side] = { imagesPerSecond: workload.batch / median(stepSeconds), ...rest };
  }
  return results as Round;
}

function start({ network, resize, batch, warmUp, steps }: Workload, side: Side): ChildProcess {
  if (side === 'trainyard') {
    const script = fileURLToPath(new URL('support/trainer.js', import.meta.url));
    return spawn(process.execPath, [script, JSON.stringify({ network, resize, batch, warmUp, steps })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }
  const given = { network, resize, batch, layout: side, 'warm-up': warmUp, steps };
  return startReference(
    python,
    'train_speed.py',
    Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]),
  );
}

async function resultOf(side: Side, child: ChildProcess): Promise<Measured> {
  const [output, [code]] = await Promise.all([child.stdout ? text(child.stdout) : '', once(child, 'close')]);
  if (code !== 0) throw new Error(`The measurement of ${side} ended with code ${code}.`);
  return JSON.parse(output) as Measured;
}

function report(): void {
  const results = [...measured].map(([workload, all]) => summarize(workload, all));
  const [first] = [...measured.values()].flat();
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  console.log(
    `${processor}, ${cpus().length} cores; Node ${first?.trainyard.version}, TensorFlow 2.21.0, PyTorch ${first?.channels_last.version}`,
  );
  console.log(
    `fp32, Adam, medians of ${rounds} interleaved rounds. PyTorch's batch lies in memory as resized floats; the trainer's`,
  );
  console.log('step also decodes and resizes its bytes. PyTorch’s better layout counts.\n');
  printTable(
    ['images per second', 'trainyard', 'contiguous', 'channels last', 'ratio', 'target', ''],
    results.map(({ workload, speed, ratio }) => [
      workload.name,
      ...SIDES.map((side) => speed[side].toFixed(1)),
      ratio.toFixed(3),
      `≥ ${workload.speed.toFixed(2)}`,
      ratio >= workload.speed ? 'reached' : 'missed',
    ]),
  );
  console.log();
  printTable(
    ['peak memory, GB', 'trainyard', 'PyTorch', 'ratio', 'target', ''],
    results.map(({ workload, memory, memoryRatio }) => [
      workload.name,
      ...memory.map((bytes) => (bytes / 1e9).toFixed(2)),
      memoryRatio.toFixed(2),
      `≤ ${MEMORY.toFixed(2)}`,
      memoryRatio <= MEMORY ? 'reached' : 'missed',
    ]),
  );
  if (options.json) {
    const figures = results.map(({ workload, speed, ratio, memory, memoryRatio }) => ({
      workload: workload.name,
      speed,
      ratio,
      memory,
      memoryRatio,
    }));
    console.log(JSON.stringify({ processor, cores: cpus().length, rounds, figures }));
  }
}

/** Medians over the rounds; the ratios are medians of each round's ratio. */
function summarize(workload: Workload, all: readonly Round[]) {
  const speedOf = (side: Side) => median(all.map((round) => round[side].imagesPerSecond));
  const speed = {
    trainyard: speedOf('trainyard'),
    contiguous_format: speedOf('contiguous_format'),
    channels_last: speedOf('channels_last'),
  };
  const best = speed.channels_last > speed.contiguous_format ? 'channels_last' : 'contiguous_format';
  const memory = (['trainyard', best] as const).map((side) => median(all.map((round) => round[side].peakBytes)));
  return {
    workload,
    speed,
    ratio: median(all.map((round) => round.trainyard.imagesPerSecond / round[best].imagesPerSecond)),
    memory,
    memoryRatio: median(all.map((round) => round.trainyard.peakBytes / round[best].peakBytes)),
  };
}

function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + quantile(values, 0.5 - 1e-9)) / 2;
}
