/**
 * `npm run bench:estimates`: compares the estimates of `POST /jobs/plan` with real trainings. Each job is planned before anything of its
 * kind was measured, then trained, then planned again. Both estimates have to contain the real duration: the first is computed from the
 * network, the second is measured.
 * `--only NAME`: workloads whose name contains NAME. `--json`: prints one line of JSON at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Job, JobRequest } from '../src/contracts/jobs/job.js';
import type { TimeEstimate } from '../src/contracts/jobs/time-estimate.js';
import type { JobPlan } from '../src/contracts/submission/job-plan.js';
import { call, submit, waitForFrame } from './support/jobs.js';
import { choose, comparisonOptions } from './support/options.js';
import { describeMachine, printMachine, printTable } from './support/report.js';
import { startTrainyard } from './support/service.js';

const { rounds: _, steps: __, ...common } = comparisonOptions;
const { values: options } = parseArgs({ options: common });

const small = { stem: 'small', width: 16, blocks: [1, 1, 1] } as const;

/** Each workload trains for about ten seconds on two cores. */
const WORKLOADS = [
  workload(
    'small ResNet @28, batch 64',
    { network: 'resnet', networkOptions: { ...small, blocks: [1, 1, 1] } },
    28,
    64,
    4_000,
  ),
  workload(
    'small ResNet @28, batch 256',
    { network: 'resnet', networkOptions: { ...small, blocks: [1, 1, 1] } },
    28,
    256,
    4_000,
  ),
  workload(
    'small ResNet @28, batch 8',
    { network: 'resnet', networkOptions: { ...small, blocks: [1, 1, 1] } },
    28,
    8,
    2_000,
  ),
  workload('ResNet-18 @28, batch 64', { network: 'resnet' }, 28, 64, 1_500),
  workload('ResNet-18 @96, batch 32', { network: 'resnet' }, 96, 32, 192),
  workload('DenseNet @28, batch 64', { network: 'densenet', networkOptions: { stem: 'small' } }, 28, 64, 1_000),
  workload('DenseNet @96, batch 16', { network: 'densenet' }, 96, 16, 384),
  workload('DenseNet @96, batch 128', { network: 'densenet' }, 96, 128, 512),
  workload('ResNet-50 @64, batch 32', { network: 'resnet', networkOptions: { variant: 'resnet50' } }, 64, 32, 160),
  workload(
    'DenseNet-121 @64, batch 32',
    { network: 'densenet', networkOptions: { variant: 'densenet121' } },
    64,
    32,
    192,
  ),
];

type Result = Readonly<{
  name: string;
  computed: TimeEstimate;
  measured: TimeEstimate;
  seconds: number;
  epochSeconds: number;
}>;

const chosen = choose(WORKLOADS, options.only);
const machine = await describeMachine();
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir);
const results: Result[] = [];
try {
  for (const { name, request } of chosen) results.push({ name, ...(await measure(request)) });
} finally {
  await service.close();
  await rm(dataDir, { recursive: true });
}
report();

/** Describes a job of two epochs on the first images of Fashion-MNIST. */
function workload(
  name: string,
  architecture: Pick<JobRequest, 'network' | 'networkOptions'>,
  resize: number,
  batchSize: number,
  trainSamples: number,
): Readonly<{ name: string; request: JobRequest }> {
  const dataset = { resize, trainSamples, testSamples: Math.round(trainSamples / 6) };
  return { name, request: { ...architecture, dataset, batchSize, epochs: 2 } as JobRequest };
}

async function measure(request: JobRequest): Promise<Omit<Result, 'name'>> {
  const computed = await estimateOf(request);
  const { id } = await submit(service.address, request);
  await waitForFrame(service.address, id, 'end');
  const { startedAt = '', endedAt = '' } = await call<Job>(`${service.address}/jobs/${id}`);
  const { frames } = await call<{ frames: { type: string; seconds?: number }[] }>(
    `${service.address}/jobs/${id}/metrics?limit=10000`,
  );
  const epochs = frames.flatMap((frame) => (frame.type === 'epoch' ? [frame.seconds ?? Number.NaN] : []));
  return {
    computed,
    measured: await estimateOf(request),
    seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
    epochSeconds: epochs.reduce((sum, seconds) => sum + seconds, 0) / epochs.length,
  };
}

async function estimateOf(request: JobRequest): Promise<TimeEstimate> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(request) };
  const { estimate } = await call<JobPlan>(`${service.address}/jobs/plan`, init);
  if (estimate === undefined) throw new Error('The plan has no estimate.');
  return estimate;
}

function report(): void {
  printMachine(machine, 'TensorFlow 2.21.0');
  console.log(
    'Seconds of jobs of two epochs, and ranges that POST /jobs/plan gave before the first such job and after it.\n',
  );
  const rangeText = ({ low, high }: TimeEstimate['seconds']) => `${low.toFixed(1)}–${high.toFixed(1)}`;
  printTable(
    ['workload', 'job', 'computed', '', 'measured', '', 'epoch', 'computed', '', 'measured', ''],
    results.map(({ name, computed, measured, seconds, epochSeconds }) => [
      name,
      ...[seconds.toFixed(1), rangeText(computed.seconds), hit(computed.seconds, seconds)],
      ...[rangeText(measured.seconds), hit(measured.seconds, seconds)],
      ...[epochSeconds.toFixed(1), rangeText(computed.epochSeconds), hit(computed.epochSeconds, epochSeconds)],
      ...[rangeText(measured.epochSeconds), hit(measured.epochSeconds, epochSeconds)],
    ]),
  );
  if (options.json) console.log(JSON.stringify({ ...machine, results }));
}

function hit({ low, high }: TimeEstimate['seconds'], actual: number): string {
  return actual >= low && actual <= high ? 'inside' : 'missed';
}
