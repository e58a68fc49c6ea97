/**
 * `npm run bench:keys`: measures what a key adds to a request. The same route is read from a service with AUTH=keys, by a client with a
 * key, and from a service without keys, in interleaved rounds. Also counts the commands that Redis gets per request while the key is warm.
 * `--rounds N` (default 11): rounds. `--json`: prints one line of JSON at the end.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { load } from './support/load.js';
import { wholeNumber } from './support/options.js';
import { describeMachine, judge, printMachine, printTable, verdict } from './support/report.js';
import { measureRounds, medianOf, resultsOf } from './support/rounds.js';
import { startTrainyard } from './support/service.js';
import { median, quantile } from './support/statistics.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '11' }, json: { type: 'boolean', default: false } },
});
const ROUNDS = wholeNumber('rounds', values.rounds);
/** A route that itself needs no Redis. */
const ROUTE = '/settings';
const SECONDS = 5;
const TARGETS = { addedMs: { atMost: 0.2 }, commands: { atMost: 0.01 } } as const;

type Commands = Readonly<{ commands: number; ms: number }>;
type Measured = Commands & Readonly<{ p50: number; p99: number; requests: number }>;

const machine = await describeMachine();
const folders = { keys: await openFolder(), none: await openFolder() };
const services = [
  await startTrainyard(folders.keys, { AUTH: 'keys' }),
  await startTrainyard(folders.none, { AUTH: 'none' }),
] as const;
const redis = new Redis({ path: join(folders.keys, 'redis/valkey.sock') });
try {
  const key = (await readFile(join(folders.keys, 'access/admin-key'), 'utf8')).trim();
  const sides = {
    'with a key': () => measure(services[0].address, { authorization: `Bearer ${key}` }),
    'without keys': () => measure(services[1].address, {}),
  };
  const [rounds = []] = await measureRounds(ROUNDS, [{ name: ROUTE, sides }]);
  const idle = await commandsDuring(() => wait(SECONDS * 1000));
  const beyondIdle = ({ commands, ms, requests }: Measured) => (commands - (idle.commands * ms) / idle.ms) / requests;
  const without = resultsOf(rounds, 'without keys');
  const addedMs = median(resultsOf(rounds, 'with a key').map(({ p50 }, i) => p50 - (without[i]?.p50 ?? Number.NaN)));
  const commands = Math.max(0, medianOf(rounds, 'with a key', beyondIdle));

  printMachine(machine, `${ROUNDS} rounds of ${SECONDS} s`);
  console.log(
    `GET ${ROUTE} from one client, which sends its next request as soon as the last is answered. Latencies in ms.\n`,
  );
  printTable(
    ['', 'p50', 'p99'],
    Object.keys(sides).map((side) => [
      side,
      medianOf(rounds, side, ({ p50 }) => p50).toFixed(3),
      medianOf(rounds, side, ({ p99 }) => p99).toFixed(3),
    ]),
  );
  console.log();
  printTable(
    ['what a key adds to a request', 'median', 'target', ''],
    [
      ['p50, ms', addedMs.toFixed(3), ...verdict(addedMs, TARGETS.addedMs)],
      ['commands to Redis with a warm key', commands.toFixed(4), ...verdict(commands, TARGETS.commands)],
    ],
  );
  if (values.json)
    console.log(
      JSON.stringify({
        machine,
        addedMs: judge(addedMs, TARGETS.addedMs),
        commands: judge(commands, TARGETS.commands),
      }),
    );
} finally {
  redis.disconnect();
  await Promise.all(services.map(({ close }) => close()));
  for (const folder of Object.values(folders)) await rm(folder, { recursive: true });
}

function openFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'trainyard-bench-'));
}

async function measure(address: string, headers: Readonly<Record<string, string>>): Promise<Measured> {
  let latencies: readonly number[] = [];
  const counted = await commandsDuring(async () => {
    const request = { url: `${address}${ROUTE}`, method: 'GET', bodies: [], clients: 1, headers } as const;
    ({ latenciesMs: latencies } = await load({ ...request, warmUpSeconds: 1, seconds: SECONDS }));
  });
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), requests: latencies.length, ...counted };
}

/** Returns the number of commands that the Redis of the service with keys gets meanwhile, its own INFO left out. */
async function commandsDuring(run: () => Promise<unknown>): Promise<Commands> {
  const [before, beganAt] = [await commandCount(), performance.now()];
  await run();
  return { commands: (await commandCount()) - before, ms: performance.now() - beganAt };
}

async function commandCount(): Promise<number> {
  const calls = [...(await redis.info('commandstats')).matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  return calls.reduce((sum, [, name, count]) => (name === 'info' ? sum : sum + Number(count)), 0);
}
