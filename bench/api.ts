/**
 * `npm run bench:api`: measures the latency of GET /jobs while a job trains on the same cores, how much the requests slow
 * the training down, and how many submissions per second the API accepts meanwhile.
 * `--jobs N` (default 200): number of stored jobs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Job } from '../src/contracts/jobs/job.js';
import type { LoadResult } from './support/client.js';
import { call, submit, trainingRate, waitForFrame } from './support/jobs.js';
import { load } from './support/load.js';
import { wholeNumber } from './support/options.js';
import { printTable } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { quantile } from './support/statistics.js';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '200' } } });
/** Stored jobs: one runs, all others are queued. */
const STORED_JOBS = wholeNumber('jobs', values.jobs);
/** Requests per second of all clients together. The latency of a request counts from the moment it is due. */
const RATE = 50;
const CLIENTS = 4;
const SECONDS = 20;
const WARM_UP_SECONDS = 3;
/** A job whose steps take about 0.1 s on two cores. */
const JOB = {
  network: 'resnet',
  dataset: { name: 'synthetic', resize: 28 },
  batchSize: 64,
  epochs: 1000,
  stepInterval: 1,
} as const;

const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir, { QUEUE_DEPTH: '1000000' });
try {
  const trained = await submit(service.address, JOB);
  for (let stored = 1; stored < STORED_JOBS; stored++)
    await submit(service.address, { ...JOB, metadata: { run: stored % 2 === 0 ? 'even' : 'odd' } });
  await waitForFrame(service.address, trained.id, 'step');

  const undisturbed = await trainingRate(service.address, trained, () => wait((WARM_UP_SECONDS + SECONDS) * 1000));
  let busy: LoadResult | undefined;
  const disturbed = await trainingRate(service.address, trained, async () => {
    busy = await listJobs();
  });
  await cancelAll();
  const idle = await listJobs();
  const filtered = await listJobs('?status=failed,cancelled&name=resnet&metadata=run:odd');
  const next = await submit(service.address, JOB);
  await waitForFrame(service.address, next.id, 'step');
  let submitted: LoadResult | undefined;
  const besides = await trainingRate(service.address, next, async () => {
    submitted = await submitJobs();
  });

  console.log(
    `\nGET /jobs (the newest 20 of ${STORED_JOBS}), ${RATE} requests per second from ${CLIENTS} clients, latencies in ms.`,
  );
  console.log('Training: ResNet-18 @28, batch 64; images per second with and without those requests.\n');
  printTable(
    ['', 'p50', 'p99', 'largest', 'requests', 'images/s'],
    [
      ['while a job trains', ...latencies(busy), disturbed.toFixed(0)],
      ['while no job trains', ...latencies(idle), '-'],
      ['no job trains, filtered by status, name and label', ...latencies(filtered), '-'],
      ['training alone', '-', '-', '-', '-', undisturbed.toFixed(0)],
    ],
  );
  console.log(`\nPOST /jobs from ${CLIENTS} clients, each sending its next request as soon as the last is answered.\n`);
  printTable(
    ['', 'p50', 'p99', 'largest', 'accepted', 'per second', 'images/s'],
    [['while a job trains', ...latencies(submitted), perSecond(submitted), besides.toFixed(0)]],
  );
} finally {
  await service.close();
  await rm(dataDir, { recursive: true });
}

function listJobs(query = ''): Promise<LoadResult> {
  return load({
    url: `${service.address}/jobs${query}`,
    method: 'GET',
    bodies: [],
    clients: CLIENTS,
    rate: RATE,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: SECONDS,
  });
}

function submitJobs(): Promise<LoadResult> {
  return load({
    url: `${service.address}/jobs`,
    method: 'POST',
    contentType: 'application/json',
    bodies: [Buffer.from(JSON.stringify(JOB))],
    status: 202,
    clients: CLIENTS,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: SECONDS,
  });
}

function perSecond(result: LoadResult | undefined): string {
  return ((result?.latenciesMs.length ?? 0) / SECONDS).toFixed(0);
}

/** Cancels the queued jobs first, so that none starts when the running one ends. */
async function cancelAll(): Promise<void> {
  for (const status of ['queued', 'running']) {
    for (;;) {
      const { jobs } = await call<{ jobs: Job[] }>(`${service.address}/jobs?status=${status}&limit=100`);
      if (jobs.length === 0) break;
      for (const { id } of jobs) await call(`${service.address}/jobs/${id}`, { method: 'DELETE' });
      if (status === 'running') await wait(100);
    }
  }
}

function latencies(result: LoadResult | undefined): string[] {
  const { latenciesMs } = result ?? { latenciesMs: [] };
  const shown = [0.5, 0.99, 1].map((share) => quantile(latenciesMs, share).toFixed(1));
  return [...shown, String(latenciesMs.length)];
}
