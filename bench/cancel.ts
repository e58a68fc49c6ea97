/**
 * `npm run bench:cancel`: measures the time from DELETE /jobs/{id} of a running job until a follower receives its `end`
 * frame, for both modes: `discard`, and `keep`, which stores the best weights as a model.
 * `--cancels N` (default 50): cancels per mode. `--mode keep`: measures only this mode.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import type { Frame } from '../src/contracts/jobs/frame.js';
import type { Job, JobRequest } from '../src/contracts/jobs/job.js';
import { CANCEL_MODES, type CancelMode } from '../src/contracts/jobs/stop-reason.js';
import { call, submit } from './support/jobs.js';
import { wholeNumber } from './support/options.js';
import { printTable, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { quantile } from './support/statistics.js';

const { values } = parseArgs({ options: { cancels: { type: 'string', default: '50' }, mode: { type: 'string' } } });
const CANCELS = wholeNumber('cancels', values.cancels);
const MODES = CANCEL_MODES.filter((mode) => (values.mode ?? mode) === mode);
/** ResNet-18 with steps of about 0.2 s on two cores. An epoch has five steps, so that one is scored soon. */
const JOB = {
  network: 'resnet',
  dataset: { name: 'synthetic', resize: 28, trainSamples: 384, validationSamples: 64, testSamples: 64 },
  batchSize: 64,
  epochs: 10_000,
  stepInterval: 1,
} as const satisfies JobRequest;
/** Time allowed beyond the current step. */
const ALLOWED_MS = 2_000;

/** Times of one cancel: as the client measures it, as the `end` frame reports it, and the longest step before it. */
type Latency = Readonly<{ seenMs: number; saidMs: number; stepMs: number }>;
type EndFrame = Extract<Frame, { type: 'end' }> & { milliseconds?: number };

const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir);
try {
  const rows: string[][] = [];
  for (const mode of MODES) {
    const latencies: Latency[] = [];
    let next = await submit(service.address, JOB);
    for (let i = 0; i < CANCELS; i++) {
      const { id } = next;
      // The next job waits in the queue until this one is cancelled.
      next = await submit(service.address, JOB);
      latencies.push(await cancelRunning(id, mode));
    }
    await call<Job>(`${service.address}/jobs/${next.id}`, { method: 'DELETE' });
    rows.push(rowOf(mode, latencies));
  }
  console.log(`\nDELETE of a running job (ResNet-18 @28, batch 64) to its end frame, ${CANCELS} cancels each, in ms.`);
  console.log('reported: the time that the end frame reports. The target for the p99 is the longest step plus 2 s.\n');
  printTable(['mode', 'p50', 'p90', 'p99', 'largest', 'reported, p99', 'longest step', 'target', ''], rows);
} finally {
  await service.close();
  await rm(dataDir, { recursive: true });
}

/** Follows the job, cancels it in the middle of its second epoch, and waits for the end. */
async function cancelRunning(id: string, mode: CancelMode): Promise<Latency> {
  const socket = new WebSocket(`${service.address.replace('http', 'ws')}/jobs/${id}/metrics`);
  let stepMs = 0;
  let lastStep: number | undefined;
  let cancelledAt: number | undefined;
  try {
    return await new Promise((resolve, reject) => {
      socket.on('message', (text) => {
        const frame = JSON.parse(String(text)) as Frame;
        const now = performance.now();
        if (frame.type === 'end') {
          const { status, model, milliseconds = Number.NaN } = frame as EndFrame;
          if (status !== 'cancelled' || cancelledAt === undefined || (model !== undefined) !== (mode === 'keep'))
            reject(new Error(`The job was not cancelled with mode ${mode}: ${text}`));
          else resolve({ seenMs: now - cancelledAt, saidMs: milliseconds, stepMs });
        }
        if (frame.type !== 'step' || cancelledAt !== undefined) return;
        if (lastStep !== undefined && frame.step > 1) stepMs = Math.max(stepMs, now - lastStep);
        lastStep = now;
        if (frame.epoch < 2 || frame.step < 3) return;
        cancelledAt = now;
        call<Job>(`${service.address}/jobs/${id}?mode=${mode}`, { method: 'DELETE' }).catch(reject);
      });
      socket.on('close', (code) => reject(new Error(`The stream of job ${id} was closed with ${code}.`)));
      socket.on('error', reject);
    });
  } finally {
    socket.close();
  }
}

function rowOf(mode: CancelMode, latencies: readonly Latency[]): string[] {
  const [seen, said, steps] = (['seenMs', 'saidMs', 'stepMs'] as const).map((name) =>
    latencies.map((latency) => latency[name]),
  ) as [number[], number[], number[]];
  const longest = Math.max(...steps);
  const figures = [0.5, 0.9, 0.99, 1].map((share) => quantile(seen, share).toFixed(0));
  const judged = verdict(quantile(seen, 0.99), { atMost: longest + ALLOWED_MS });
  return [mode, ...figures, quantile(said, 0.99).toFixed(0), longest.toFixed(0), ...judged];
}
