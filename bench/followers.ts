/**
 * `npm run bench:followers`: measures the time a frame takes from the trainer to each of many followers of one job, and how
 * much the followers slow the training down. Each round measures the training without and with followers.
 * `--followers N` (default 1000). `--interval N` (default 10): the job's `stepInterval`. `--rounds N` (default 5).
 * `--seconds N` (default 20): length of each measurement.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { JobRequest } from '../src/contracts/jobs/job.js';
import type { FollowersRequest, FollowersResult } from './support/follower-client.js';
import { stepFrames, submit, waitForFrame } from './support/jobs.js';
import { wholeNumber } from './support/options.js';
import { describeMachine, printMachine, printTable, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { median, quantile } from './support/statistics.js';

const MAX_P99_MS = 100;
const LEAST_RATE = 0.95;

const { values } = parseArgs({
  options: {
    followers: { type: 'string', default: '1000' },
    interval: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
  },
});
const followers = wholeNumber('followers', values.followers);
const stepInterval = wholeNumber('interval', values.interval);
const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);
/** ResNet-18 at 28 pixels. A step takes about 0.17 s on two cores. */
const JOB: JobRequest = {
  network: 'resnet',
  dataset: { name: 'synthetic', resize: 28 },
  batchSize: 64,
  epochs: 1000,
  stepInterval,
};

const machine = await describeMachine();
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir, {
  FOLLOWERS_PER_CLIENT: String(followers),
  FOLLOWERS_MAX: String(followers),
});
try {
  const { id } = await submit(service.address, JOB);
  await waitForFrame(service.address, id, 'step');
  await wait(5_000); // the first steps are slower
  const rows: Float32Array[] = [];
  const ratios: number[] = [];
  let frames = 0;
  let missed = 0;
  for (let round = 1; round <= rounds; round++) {
    const alone = await stepRate(id, () => wait(1000 * seconds));
    const followed = await follow(id);
    rows.push(followed.latenciesMs);
    ratios.push(followed.rate / alone);
    frames += followed.frames;
    missed += followed.missed;
    console.error(
      `round ${round} of ${rounds}: ${alone.toFixed(2)} steps/s alone, ${followed.rate.toFixed(2)} with ${followers} followers, p99 ${quantile([...followed.latenciesMs], 0.99).toFixed(0)} ms`,
    );
  }
  printMachine(machine, `${followers} followers, stepInterval ${stepInterval}`);
  console.log(`The followers received ${frames} frames in ${rounds} rounds of ${seconds} s and missed ${missed}.\n`);
  const latenciesMs = rows.flatMap((row) => [...row]);
  const p99 = quantile(latenciesMs, 0.99);
  const rate = median(ratios);
  printTable(
    ['', 'p50', 'p99', 'largest', 'target', ''],
    [
      [
        'from trainer to follower, ms',
        ...[0.5, 0.99, 1].map((share) => quantile(latenciesMs, share).toFixed(0)),
        ...verdict(p99, { atMost: MAX_P99_MS }),
      ],
    ],
  );
  console.log();
  printTable(
    ['', 'median', 'least', 'most', 'target', ''],
    [
      [
        'step rate with followers / alone',
        ...[rate, Math.min(...ratios), Math.max(...ratios)].map((value) => value.toFixed(3)),
        ...verdict(rate, { atLeast: LEAST_RATE }),
      ],
    ],
  );
} finally {
  await service.close();
  await rm(dataDir, { recursive: true });
}

/** Returns the steps per second, from the step frames that arrive while `during` runs. */
async function stepRate(id: string, during: () => Promise<unknown>): Promise<number> {
  const after = await newest(id);
  await during();
  const frames = await stepFrames(service.address, id, after);
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined || first === last)
    throw new Error('The job took fewer than two steps.');
  const positions = [first, last].map(({ epoch, step, steps }) => (epoch - 1) * steps + step);
  return ((positions[1] ?? 0) - (positions[0] ?? 0)) / ((Date.parse(last.at) - Date.parse(first.at)) / 1000);
}

async function newest(id: string): Promise<number> {
  return (await stepFrames(service.address, id, 0)).at(-1)?.seq ?? 0;
}

/** Measures with followers in a child process, once all of them are connected. */
async function follow(id: string): Promise<FollowersResult & { rate: number }> {
  const child = fork(new URL('./support/follower-client.ts', import.meta.url), { serialization: 'advanced' });
  const url = `${service.address.replace('http', 'ws')}/jobs/${id}/metrics?after=${await newest(id)}`;
  child.send({ url, followers, seconds } satisfies FollowersRequest);
  await once(child, 'message');
  let result: FollowersResult | undefined;
  const rate = await stepRate(id, async () => {
    [result] = (await once(child, 'message')) as [FollowersResult];
  });
  if (result === undefined) throw new Error('The follower process returned no result.');
  return { ...result, rate };
}
