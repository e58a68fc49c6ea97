/** `npm start`: everything on one machine. Runs the embedded Redis, the API and a worker, and stops them in reverse order. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, childEnvironment, loadConfig } from './config.js';
import { openEmbeddedRedis } from './embedded/index.js';
import { TrainyardError } from './errors/errors.js';
import { createProbe } from './files/storage.js';
import { createLogger, type Logger } from './logging/logger.js';
import { startService } from './processes/service-process.js';
import { listenError, printable, stopOnSignal } from './processes/shutdown.js';

const VALKEY = fileURLToPath(new URL('../.runtime/valkey/valkey-server', import.meta.url));

/** Time each has to stop, before it is killed: the worker has its jobs checkpointed. */
const STOP_DEADLINES_MS = { worker: 30_000, api: 10_000, all: 50_000 } as const;

/** `fault`: why the worker takes no jobs. */
type Started = Readonly<{ address: string; fault?: string }>;
type Opened = Readonly<{ name: string; close(): Promise<void>; kill(): void }>;

/** Starts Redis, then API and worker side by side; what runs is in `opened`. */
async function start(config: Config, logger: Logger, opened: Opened[], signal: AbortSignal): Promise<Started> {
  await requireStorage(config, logger);
  const url = config.redisUrl ?? (await openRedis(config, logger, opened)).url;
  await requireFreePort(config);
  signal.throwIfAborted();
  const env = childEnvironment({ REDIS_URL: url, TMPDIR: await temporaryFolder(config, opened) });
  const run = (name: 'api' | 'worker', file: string) =>
    startService({ name, entry: new URL(file, import.meta.url), env, logger, signal });
  const results = await Promise.allSettled([run('api', './server.js'), run('worker', './worker.js')]);
  for (const result of results) {
    if (result.status === 'rejected') continue;
    const { name, close, kill } = result.value;
    opened.push({ name, close: () => close(STOP_DEADLINES_MS[name]), kill });
  }
  const [api, worker] = results;
  if (api.status === 'rejected') throw api.reason;
  if (worker.status === 'rejected') throw worker.reason;
  const { address } = api.value.ready;
  const { fault } = worker.value.ready;
  return { address: String(address), ...(fault !== undefined && { fault: String(fault) }) };
}

/** For temporary files of the children: a folder of this process, removed when it stops, or by the next one where it was killed. */
async function temporaryFolder({ dataDir }: Config, opened: Opened[]): Promise<string> {
  const parent = join(dataDir, 'tmp');
  await mkdir(parent, { recursive: true });
  // The number says nothing on another machine, which may share the folder.
  const mine = `run-${hostname()}@`;
  const remove = { recursive: true, force: true };
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(mine) ? Number.parseInt(name.slice(mine.length), 10) : Number.NaN;
    if (Number.isInteger(owner) && !isAlive(owner)) await rm(join(parent, name), remove);
  }
  const path = await mkdtemp(join(parent, `${mine}${process.pid}-`));
  opened.push({ name: 'temporary files', close: () => rm(path, remove), kill: () => rmSync(path, remove) });
  return path;
}

/** Of another process: one that has this one's number had it before. */
function isAlive(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function openRedis(config: Config, logger: Logger, opened: Opened[]) {
  const redis = await openEmbeddedRedis({ binary: VALKEY, folder: join(config.dataDir, 'redis'), logger });
  opened.push({ name: 'redis', close: redis.close, kill: redis.kill });
  return redis;
}

/** Throws a sentence if DATA_DIR cannot be written. On a full disk the service starts: what is there can be read. */
async function requireStorage({ dataDir }: Config, logger: Logger): Promise<void> {
  await createProbe([{ setting: 'DATA_DIR', root: dataDir, path: dataDir }])().catch((error: unknown) => {
    if (!(error instanceof TrainyardError && error.code === 'insufficient_storage')) throw error;
    logger.error({ fault: error.message }, 'nothing can be stored now');
  });
}

/** Throws a sentence when the port is taken. */
function requireFreePort({ host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => reject(listenError({ host, port }, cause)));
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

const welcome = ({ address, fault }: Started, { dataDir }: Config): string => `
trainyard is ready: ${address} (documentation: ${address}/docs)

  curl ${address}/jobs -H 'content-type: application/json' -d '{"network":"resnet"}'

Models, data sets and the queue are kept in ${dataDir}. Ctrl-C stops everything; jobs go on at the next start.
${fault === undefined ? '' : `\nThe worker takes no jobs now. ${fault}\n`}`;

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger('main', config.logLevel);
  const opened: Opened[] = [];
  const stopping = new AbortController();
  // Whatever ends this process, nothing it has started outlives it.
  process.on('exit', () => {
    for (const each of opened.reverse()) each.kill();
  });
  process.on('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));

  const closeAll = async (): Promise<void> => {
    for (let each = opened.at(-1); each !== undefined; each = opened.at(-1)) {
      logger.debug({ name: each.name }, 'stopping');
      await each.close();
      opened.pop();
    }
  };
  const started = start(config, logger, opened, stopping.signal);
  stopOnSignal(
    async () => {
      stopping.abort();
      await started.catch(() => {});
      await closeAll();
    },
    { logger, deadlineMs: STOP_DEADLINES_MS.all },
  );
  try {
    console.log(welcome(await started, config));
  } catch (error) {
    if (stopping.signal.aborted) return;
    await closeAll();
    console.error(printable(error));
    process.exit(1);
  }
}

try {
  await main();
} catch (error) {
  console.error(printable(error));
  process.exit(1);
}
