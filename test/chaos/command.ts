/**
 * `npm run test:chaos`: kills processes of a whole service while it trains, and prints the counts and the recovery times.
 * - `--kills N`: number of kills, default 28.
 * - `--seed N`: default from the clock.
 * - `--lock N`: WORKER_LOCK_SECONDS, default 3.
 * - `--only KIND`: only these kinds of kill, for example `--only partition` or `--only 'frozen worker,redis'`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseNames, wholeNumber } from '../../bench/support/options.js';
import { printTable } from '../../bench/support/report.js';
import { median } from '../../bench/support/statistics.js';
import { KINDS, RECOVERED } from './kills.js';
import { drawKinds, runChaos } from './run.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '28' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lock: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const kills = wholeNumber('kills', values.kills);
const seed = wholeNumber('seed', values.seed);
const lockSeconds = wholeNumber('lock', values.lock);

console.log(`${kills} kills, --seed ${seed}, two workers with locks of ${lockSeconds} s`);
const dataDir = await mkdtemp(join(tmpdir(), 'trainyard-chaos-'));
try {
  let done = 0;
  const { counts, recoveryMs } = await runChaos({
    dataDir,
    seed,
    lockSeconds,
    kinds: drawKinds(kills, seed, values.only === undefined ? KINDS : chooseNames('only', values.only, KINDS)),
    onKill: (kind, ms) => console.log(`${String(++done).padStart(3)}  ${kind.padEnd(15)}  ${seconds(ms)} s`),
  });
  const { jobs, kills: killed, ...faults } = counts;
  console.log(`\n${jobs} jobs, ${killed} kills.\n`);
  printTable(
    ['', 'count', 'must be'],
    Object.entries(faults).map(([name, value]) => [name, String(value), '0']),
  );
  console.log('\nSeconds to recover.\n');
  printTable(
    ['killed', 'kills', 'median', 'longest', 'recovered when'],
    KINDS.flatMap((kind) => {
      const times = recoveryMs.get(kind) ?? [];
      if (times.length === 0) return [];
      return [[kind, String(times.length), seconds(median(times)), seconds(Math.max(...times)), RECOVERED[kind]]];
    }),
  );
  if (Object.values(faults).some((value) => value !== 0)) process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
