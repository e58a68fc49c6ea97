/**
 * `npm run bench:predict-training`: predictions while a job trains on the same cores: what each costs the other, with workers as
 * important as everything else (WORKER_NICE 0) and with workers that stand back (19).
 * --rounds N (3): of both settings in turns. --seconds N (8): of each load.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { JobRequest } from '../src/contracts/jobs/job.js';
import { testImages } from './support/images.js';
import { call, submit, trainingRate, waitForFrame } from './support/jobs.js';
import { load } from './support/load.js';
import { wholeNumber } from './support/options.js';
import { describeMachine, printMachine, printTable } from './support/report.js';
import { measureRounds, medianOf } from './support/rounds.js';
import { startTrainyard } from './support/service.js';
import { quantile } from './support/statistics.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '8' } },
});
const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);
const WARM_UP_SECONDS = 1;
const SETTINGS = ['0', '19'] as const;
/** A rate that leaves most of the machine to the training, and clients that take what they can get. */
const LOADS = [
  { name: '50 requests a second', clients: 8, rate: 50 },
  { name: '16 clients without a pause', clients: 16 },
] as const;
const MODEL = 'served';
const TRAINING: JobRequest = {
  network: 'resnet',
  dataset: { name: 'synthetic', resize: 28 },
  batchSize: 64,
  epochs: 1000,
  stepInterval: 1,
};

/** Of one load while the job trains, and after it. */
type Shared = Readonly<{ imagesPerSecond: number; busy: Latencies; idle: Latencies }>;
type Latencies = Readonly<{ requestsPerSecond: number; p50: number; p99: number }>;
type Figures = Readonly<{ alone: number; loads: readonly Shared[] }>;

const machine = await describeMachine();
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
try {
  const { pngs } = await testImages();
  await trainServed();
  const sides = Object.fromEntries(SETTINGS.map((nice) => [nice, () => measure(nice, pngs)]));
  const [measured = []] = await measureRounds(rounds, [{ name: 'predictions and training', sides }]);
  printMachine(machine, 'ONNX Runtime 1.30.0, TensorFlow 2.21.0');
  console.log(
    `POST /predict with one PNG to a ResNet-18 @28, while another is trained in batches of 64. Medians of ${rounds} rounds, latencies in ms.\n`,
  );
  const of = (nice: string, figure: (figures: Figures) => number) => medianOf(measured, nice, figure);
  const cells = (nice: string, latencies: (figures: Figures) => Latencies | undefined) => [
    of(nice, (figures) => latencies(figures)?.requestsPerSecond ?? 0).toFixed(0),
    of(nice, (figures) => latencies(figures)?.p50 ?? 0).toFixed(1),
    of(nice, (figures) => latencies(figures)?.p99 ?? 0).toFixed(1),
  ];
  printTable(
    ['', 'WORKER_NICE', 'requests/s', 'p50', 'p99', 'training, images/s'],
    SETTINGS.flatMap((nice) => [
      ['training alone', nice, '–', '–', '–', of(nice, ({ alone }) => alone).toFixed(0)],
      ...LOADS.flatMap(({ name }, index) => [
        [
          `${name}, while a job trains`,
          nice,
          ...cells(nice, ({ loads }) => loads[index]?.busy),
          of(nice, ({ loads }) => loads[index]?.imagesPerSecond ?? 0).toFixed(0),
        ],
        [`${name}, alone`, nice, ...cells(nice, ({ loads }) => loads[index]?.idle), '–'],
      ]),
    ]),
  );
} finally {
  await rm(dataDir, { recursive: true });
}

/** The model that is asked. */
async function trainServed(): Promise<void> {
  const { address, close } = await startTrainyard(dataDir);
  try {
    const dataset = { name: 'synthetic', resize: 28, trainSamples: 256, testSamples: 256 } as const;
    const { id } = await submit(address, { ...TRAINING, name: MODEL, dataset, epochs: 1 });
    const { status } = await waitForFrame(address, id, 'end');
    if (status !== 'succeeded') throw new Error(`The training of the model ended as ${status}.`);
  } finally {
    await close();
  }
}

async function measure(nice: string, pngs: readonly Buffer[]): Promise<Figures> {
  const { address, close } = await startTrainyard(dataDir, { WORKER_NICE: nice });
  try {
    const job = await submit(address, TRAINING);
    await waitForFrame(address, job.id, 'step');
    await wait(5_000); // the first steps are slower
    const alone = await trainingRate(address, job, () => wait(1000 * seconds));
    const busy: { imagesPerSecond: number; busy: Latencies }[] = [];
    for (const each of LOADS) {
      let latencies: Latencies | undefined;
      const imagesPerSecond = await trainingRate(address, job, async () => {
        latencies = await predict(address, each, pngs);
      });
      if (latencies !== undefined) busy.push({ imagesPerSecond, busy: latencies });
    }
    await call(`${address}/jobs/${job.id}`, { method: 'DELETE' });
    await waitForFrame(address, job.id, 'end');
    const loads: Shared[] = [];
    for (const [index, figures] of busy.entries()) {
      loads.push({ ...figures, idle: await predict(address, LOADS[index] ?? LOADS[0], pngs) });
    }
    return { alone, loads };
  } finally {
    await close();
  }
}

async function predict(address: string, { name: _, ...shape }: (typeof LOADS)[number], pngs: readonly Buffer[]) {
  const { latenciesMs } = await load({
    ...shape,
    url: `${address}/predict?model=${MODEL}`,
    method: 'POST',
    contentType: 'image/png',
    bodies: pngs,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds,
  });
  return {
    requestsPerSecond: latenciesMs.length / seconds,
    p50: quantile(latenciesMs, 0.5),
    p99: quantile(latenciesMs, 0.99),
  };
}
