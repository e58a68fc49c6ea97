/**
 * `npm run bench:predict-training`: measures how much predictions and a training on the same cores slow each other down, with
 * WORKER_NICE 0 (equal priority) and 19 (predictions get the CPU first).
 * `--rounds N` (default 3): each measures both settings. `--seconds N` (default 8): length of each load.
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
/** A fixed rate that leaves most of the CPU to the training, and clients that send without a pause. */
const LOADS = [
  { name: '50 requests per second', clients: 8, rate: 50 },
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

/** Figures of one load while the job trains (`busy`) and after it (`idle`). */
type Shared = Readonly<{ imagesPerSecond: number; busy: Latencies; idle: Latencies }>;
type Latencies = Readonly<{ requestsPerSecond: number; p50: number; p99: number }>;
type Figures = Readonly<{ alone: number; loads: readonly Shared[] }>;

const machine = await describeMachine();
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
try {
  const { pngs } = await testImages();
  await trainModel();
  const sides = Object.fromEntries(SETTINGS.map((nice) => [nice, () => measure(nice, pngs)]));
  const [measured = []] = await measureRounds(rounds, [{ name: 'predictions and training', sides }]);
  printMachine(machine, 'ONNX Runtime 1.30.0, TensorFlow 2.21.0');
  console.log(
    `POST /predict with one PNG to a ResNet-18 @28 while another ResNet-18 trains in batches of 64. Medians of ${rounds} rounds, latencies in ms.\n`,
  );
  const medianFor = (nice: string, figure: (figures: Figures) => number) => medianOf(measured, nice, figure);
  const cells = (nice: string, latencies: (figures: Figures) => Latencies | undefined) => [
    medianFor(nice, (figures) => latencies(figures)?.requestsPerSecond ?? 0).toFixed(0),
    medianFor(nice, (figures) => latencies(figures)?.p50 ?? 0).toFixed(1),
    medianFor(nice, (figures) => latencies(figures)?.p99 ?? 0).toFixed(1),
  ];
  printTable(
    ['', 'WORKER_NICE', 'requests/s', 'p50', 'p99', 'training, images/s'],
    SETTINGS.flatMap((nice) => [
      ['training alone', nice, '–', '–', '–', medianFor(nice, ({ alone }) => alone).toFixed(0)],
      ...LOADS.flatMap(({ name }, index) => [
        [
          `${name}, while a job trains`,
          nice,
          ...cells(nice, ({ loads }) => loads[index]?.busy),
          medianFor(nice, ({ loads }) => loads[index]?.imagesPerSecond ?? 0).toFixed(0),
        ],
        [`${name}, no training`, nice, ...cells(nice, ({ loads }) => loads[index]?.idle), '–'],
      ]),
    ]),
  );
} finally {
  await rm(dataDir, { recursive: true });
}

/** Trains the model that answers the predictions. */
async function trainModel(): Promise<void> {
  const { address, close } = await startTrainyard(dataDir);
  try {
    const dataset = { name: 'synthetic', resize: 28, trainSamples: 256, testSamples: 256 } as const;
    const { id } = await submit(address, { ...TRAINING, name: MODEL, dataset, epochs: 1 });
    const { status } = await waitForFrame(address, id, 'end');
    if (status !== 'succeeded') throw new Error(`The job that trains the model has the status ${status}.`);
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
