/**
 * `npm run bench:serving`: compares the service with LitServe, BentoML and MLflow, which serve the same weights in PyTorch, and
 * with onnxruntime-node behind Fastify. A client process on the same machine sends the same PNG files over HTTP, in float32.
 *
 * Each server gets three loads: 64 clients without a pause (requests per second), one client (p50), and a fixed rate (p99, from
 * the moment a request is due). The fixed rate is half of what the best rival reached before the rounds. The bench measures one
 * server at a time and suspends the other rivals, since an idle LitServe polls and keeps a core busy.
 *
 * `--networks NAME`: networks whose name contains NAME. `--rivals NAME[,NAME]` (default all). `--rounds N` (default 5).
 * `--seconds N` (default 4): length of each load. `--json`: prints one line of JSON at the end.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasets } from '../src/datasets/index.js';
import { ask, type Endpoint, type ModelFiles, RIVALS, type Rival, type Server } from './serving/rivals.js';
import { testImages } from './support/images.js';
import { submit, waitForFrame } from './support/jobs.js';
import { load } from './support/load.js';
import { choose, chooseNames, wholeNumber } from './support/options.js';
import { describeMachine, judge, printMachine, printTable, type Target, verdict } from './support/report.js';
import { bestOf, measureRounds, medianOf, medianRatio, type Rounds } from './support/rounds.js';
import { startTrainyard } from './support/service.js';
import { quantile } from './support/statistics.js';

const CLIENTS = 64;
/** Fewer connections at half load, since servers close idle ones. */
const CLIENTS_AT_HALF_LOAD = 16;
const WARM_UP_SECONDS = 1;
const OURS = 'trainyard';
/** Largest difference of a probability between servers that agree. They must also name the same class. */
const MAX_DIFFERENCE = 1e-3;
const COMPARED_IMAGES = 16;

type Network = Readonly<{ name: string; model: string; resize: number; throughput: Target }>;
const NETWORKS: readonly Network[] = [
  { name: 'ResNet-18 @96', model: 'resnet-96', resize: 96, throughput: { atLeast: 1.1 } },
  { name: 'ResNet-18 @28', model: 'resnet-28', resize: 28, throughput: { atLeast: 2 } },
];
const LATENCY: Target = { atMost: 1 };

/** `throughput` in requests per second of all clients; `p50` and `p99` in milliseconds. */
type Figures = Readonly<{ throughput: number; p50: number; p99: number }>;

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: '' },
    rivals: { type: 'string', default: Object.keys(RIVALS).join() },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = wholeNumber('rounds', options.rounds);
const seconds = wholeNumber('seconds', options.seconds);
const networks = choose(NETWORKS, options.networks);
const rivals = chooseNames('rivals', options.rivals, Object.keys(RIVALS) as Rival[]);

const machine = await describeMachine();
const folder = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const results: { network: Network; measured: Rounds<Figures> }[] = [];
try {
  const { pngs } = await testImages();
  const service = await startTrainyard(folder, { LOG_LEVEL: 'warn' });
  try {
    for (const network of networks) {
      const model = await train(service.address, network, pngs[0] ?? Buffer.of());
      const ours: Endpoint = {
        url: `${service.address}/predict?model=${network.model}&topK=${datasets['fashion-mnist'].classes.length}`,
        contentType: 'image/png',
        body: (png) => png,
        probabilities: probabilitiesOf,
      };
      results.push({ network, measured: await compare(network, ours, model, pngs) });
    }
  } finally {
    await service.close();
  }
  report();
} finally {
  await rm(folder, { recursive: true });
}

/** Trains a few steps, so that the classes differ, and exports the files that the rivals load. */
async function train(address: string, { model, resize }: Network, png: Buffer): Promise<ModelFiles> {
  const dataset = { name: 'fashion-mnist', resize, trainSamples: 1024, testSamples: 256 } as const;
  const { id } = await submit(address, { network: 'resnet', name: model, dataset, batchSize: 64, epochs: 1 });
  const { status } = await waitForFrame(address, id, 'end');
  if (status !== 'succeeded') throw new Error(`The job that trains ${model} has the status ${status}.`);
  const [safetensors, onnx] = await Promise.all(
    ['safetensors', 'onnx'].map(async (format) => {
      const path = join(folder, `${model}.${format}`);
      const exported = await fetch(`${address}/models/${model}/versions/1/export?format=${format}`);
      if (!exported.ok) throw new Error(`${model} could not be exported: ${await exported.text()}`);
      await writeFile(path, new Uint8Array(await exported.arrayBuffer()));
      return path;
    }),
  );
  return { name: model, resize, safetensors: safetensors ?? '', onnx: onnx ?? '', png };
}

/** Starts the rivals, checks that all servers agree, and measures them in interleaved rounds. */
async function compare(
  network: Network,
  ours: Endpoint,
  model: ModelFiles,
  pngs: readonly Buffer[],
): Promise<Rounds<Figures>> {
  const started: Server[] = [];
  try {
    const rivalFolder = join(folder, `rivals-${network.model}`);
    await mkdir(rivalFolder);
    for (const name of rivals) {
      console.error(`${network.name}: starting ${name} …`);
      const server = await RIVALS[name](model, rivalFolder);
      started.push(server);
      await requireAgreement(name, ours, server, pngs.slice(0, COMPARED_IMAGES));
      server.suspend();
    }
    const reached: number[] = [];
    for (const server of started) reached.push(await whileResumed(server, () => throughputOf(server, pngs)));
    const rate = Math.max(...reached) / 2;
    const theirs = started.map((server, index) => {
      return [rivals[index] ?? '', () => whileResumed(server, () => measure(server, pngs, rate))] as const;
    });
    const sides = { [OURS]: () => measure(ours, pngs, rate), ...Object.fromEntries(theirs) };
    const [results = []] = await measureRounds(rounds, [{ name: network.name, sides }]);
    return results;
  } finally {
    await Promise.all(started.map((server) => server.close()));
  }
}

/** Resumes a rival while `work` runs. */
async function whileResumed<Result>(server: Server, work: () => Promise<Result>): Promise<Result> {
  server.resume();
  try {
    return await work();
  } finally {
    server.suspend();
  }
}

function loadOf({ url, contentType, body }: Endpoint, pngs: readonly Buffer[]) {
  const bodies = pngs.map(body);
  return { url, method: 'POST', contentType, bodies, warmUpSeconds: WARM_UP_SECONDS, seconds } as const;
}

/** Returns the requests per second of `CLIENTS` clients. */
async function throughputOf(server: Endpoint, pngs: readonly Buffer[]): Promise<number> {
  return (await load({ ...loadOf(server, pngs), clients: CLIENTS })).latenciesMs.length / seconds;
}

async function measure(server: Endpoint, pngs: readonly Buffer[], rate: number): Promise<Figures> {
  const throughput = await throughputOf(server, pngs);
  const single = await load({ ...loadOf(server, pngs), clients: 1 });
  const half = await load({ ...loadOf(server, pngs), clients: CLIENTS_AT_HALF_LOAD, rate });
  return { throughput, p50: quantile(single.latenciesMs, 0.5), p99: quantile(half.latenciesMs, 0.99) };
}

async function requireAgreement(name: string, ours: Endpoint, server: Server, pngs: readonly Buffer[]): Promise<void> {
  for (const png of pngs) {
    const [expected, found] = await Promise.all([ask(ours, png), ask(server, png)]);
    const difference = Math.max(...expected.map((value, index) => Math.abs(value - (found[index] ?? Number.NaN))));
    const classOf = (probabilities: readonly number[]) => probabilities.indexOf(Math.max(...probabilities));
    if (difference <= MAX_DIFFERENCE && classOf(expected) === classOf(found)) continue;
    throw new Error(
      `${name} and ${OURS} disagree: ${name} answered ${found.join(', ')}, ${OURS} ${expected.join(', ')}.`,
    );
  }
}

/** Returns the probabilities in the order of the classes; the answer lists them by size. */
function probabilitiesOf(answer: unknown): number[] {
  const { predictions } = answer as { predictions: { index: number; probability: number }[][] };
  return (predictions[0] ?? []).toSorted((a, b) => a.index - b.index).map(({ probability }) => probability);
}

function report(): void {
  printMachine(machine, 'ONNX Runtime 1.30.0, PyTorch 2.13.0');
  console.log(
    `Medians of ${rounds} interleaved rounds. throughput: requests per second of ${CLIENTS} clients. p50: ms with one client.`,
  );
  console.log(
    'p99: ms at half of the best rival’s throughput. ratio: ours to the best rival’s, the median over the rounds.',
  );
  for (const { network, measured } of results) {
    console.log();
    printTable(
      [network.name, 'throughput', 'p50', 'p99'],
      [OURS, ...rivals].map((side) => [
        side,
        medianOf(measured, side, ({ throughput }) => throughput).toFixed(0),
        medianOf(measured, side, ({ p50 }) => p50).toFixed(2),
        medianOf(measured, side, ({ p99 }) => p99).toFixed(2),
      ]),
    );
    console.log();
    printTable(
      [network.name, 'best rival', 'ratio', 'target', ''],
      ratiosOf(network, measured).map(({ figure, best, ratio, target }) => [
        figure,
        best,
        ratio.toFixed(2),
        ...verdict(ratio, target),
      ]),
    );
  }
  if (!options.json) return;
  const figures = results.flatMap(({ network, measured }) =>
    ratiosOf(network, measured).map(({ figure, best, ratio, target }) => ({
      network: network.name,
      figure,
      best,
      ...judge(ratio, target),
    })),
  );
  console.log(JSON.stringify({ ...machine, rounds, figures }));
}

function ratiosOf({ throughput }: Network, measured: Rounds<Figures>) {
  const compared = [
    { figure: 'throughput', target: throughput },
    { figure: 'p50', target: LATENCY },
    { figure: 'p99', target: LATENCY },
  ] as const;
  return compared.map(({ figure, target }) => {
    const least = 'atMost' in target;
    const best = bestOf(measured, rivals, (figures) => (least ? -1 : 1) * figures[figure]);
    return { figure, target, best, ratio: medianRatio(measured, OURS, best, (figures) => figures[figure]) };
  });
}
