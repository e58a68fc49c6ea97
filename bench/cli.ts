/**
 * `npm run bench:cli`: measures the start of the command: `trainyard --version`, and `trainyard jobs ls` next to the same request of a
 * process that is warm. `--runs N` (default 30): runs of each command, after two that do not count.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { call, submit } from './support/jobs.js';
import { wholeNumber } from './support/options.js';
import { printTable, verdict } from './support/report.js';
import { startTrainyard } from './support/service.js';
import { quantile } from './support/statistics.js';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '30' } } });
const RUNS = wholeNumber('runs', values.runs);
const WARM_UPS = 2;
const JOBS = 20;
const COMMAND = join(import.meta.dirname, '../dist/command/trainyard.cjs');
const TARGETS_MS = { version: 60, list: 120 } as const;

/** Returns the median of the times of a function, in ms. */
async function medianMs(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UPS + RUNS; i++) {
    const startedAt = performance.now();
    await run();
    if (i >= WARM_UPS) times.push(performance.now() - startedAt);
  }
  return quantile(times, 0.5);
}

const node = (args: readonly string[], url = ''): Promise<unknown> =>
  promisify(execFile)(process.execPath, [...args], { env: { ...process.env, TRAINYARD_URL: url } });

const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-bench-'));
const service = await startTrainyard(dataDir);
try {
  const job = { network: 'resnet', dataset: { name: 'synthetic', resize: 28 }, epochs: 10_000 } as const;
  // All jobs have ended before anything is measured: the machine is idle.
  for (let i = 0; i < JOBS; i++) {
    const { id } = await submit(service.address, job);
    await call(`${service.address}/jobs/${id}`, { method: 'DELETE' });
    await node([COMMAND, 'jobs', 'wait', id], service.address).catch(() => undefined);
  }
  const bare = await medianMs(() => node(['-e', '0']));
  const version = await medianMs(() => node([COMMAND, '--version']));
  const request = await medianMs(() => call(`${service.address}/jobs`));
  const list = await medianMs(() => node([COMMAND, 'jobs', 'ls'], service.address));
  const ms = (value: number): string => value.toFixed(1);
  console.log(`\nMedian of ${RUNS} runs, in ms. Node.js ${process.version}.\n`);
  printTable(
    ['what', 'median', 'target', ''],
    [
      ['node -e 0', ms(bare), '', ''],
      ['trainyard --version', ms(version), ...verdict(version, { atMost: TARGETS_MS.version })],
      [`GET /jobs, ${JOBS} jobs`, ms(request), '', ''],
      [
        'trainyard jobs ls, beyond GET /jobs',
        ms(list - request),
        ...verdict(list - request, { atMost: TARGETS_MS.list }),
      ],
    ],
  );
} finally {
  await service.close();
  await rm(dataDir, { recursive: true });
}
