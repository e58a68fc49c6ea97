/** `npm start`: runs the embedded Redis, the API and a worker on one machine, and stops them in reverse order. */
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADMIN_KEY_FILE } from './access/admin-key.js';
import { type Config, childEnvironment, loadConfig, requireAuth } from './config.js';
import { openEmbeddedRedis } from './embedded/index.js';
import { TrainyardError } from './errors/errors.js';
import { createProbe } from './files/storage.js';
import { createLogger, type Logger } from './logging/logger.js';
import { isOtherProcessAlive } from './processes/is-alive.js';
import { startService } from './processes/service-process.js';
import { listenError, printable, stopOnSignal } from './processes/shutdown.js';

const VALKEY = fileURLToPath(new URL('../.runtime/valkey/valkey-server', import.meta.url));

/** Time to stop before a process is killed, in ms. The worker checkpoints its jobs in that time. */
const STOP_DEADLINES_MS = { worker: 30_000, api: 10_000, all: 50_000 } as const;

/** `fault`: why the worker takes no jobs. */
type Started = Readonly<{ address: string; fault?: string }>;
/** A part of the service that has been started and must be stopped. */
type StartedPart = Readonly<{ name: string; close(): Promise<void>; kill(): void }>;

/** Starts Redis, then the API and the worker side by side. Adds each started part to `parts`. */
async function start(config: Config, logger: Logger, parts: StartedPart[], signal: AbortSignal): Promise<Started> {
  await requireStorage(config, logger);
  const url = config.redisUrl ?? (await startRedis(config, logger, parts)).url;
  await requireFreePort(config);
  signal.throwIfAborted();
  const env = childEnvironment({ REDIS_URL: url, TMPDIR: await createTemporaryFolder(config, parts) });
  const startProcess = (name: 'api' | 'worker', file: string) =>
    startService({ name, entry: new URL(file, import.meta.url), env, logger, signal });
  const results = await Promise.allSettled([startProcess('api', './server.js'), startProcess('worker', './worker.js')]);
  for (const result of results) {
    if (result.status === 'rejected') continue;
    const { name, close, kill } = result.value;
    parts.push({ name, close: () => close(STOP_DEADLINES_MS[name]), kill });
  }
  const [api, worker] = results;
  if (api.status === 'rejected') throw api.reason;
  if (worker.status === 'rejected') throw worker.reason;
  const { address } = api.value.ready;
  const { fault } = worker.value.ready;
  return { address: String(address), ...(fault !== undefined && { fault: String(fault) }) };
}

/**
 * Creates the folder for temporary files of the child processes. It is removed when this process stops. If this process is killed, the
 * next one on this machine removes it.
 */
async function createTemporaryFolder({ dataDir }: Config, parts: StartedPart[]): Promise<string> {
  const parent = join(dataDir, 'tmp');
  await mkdir(parent, { recursive: true });
  // A process id means nothing on another machine that shares the folder.
  const prefix = `run-${hostname()}@`;
  const options = { recursive: true, force: true };
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isInteger(owner) && !isOtherProcessAlive(owner)) await rm(join(parent, name), options);
  }
  const path = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  parts.push({ name: 'temporary files', close: () => rm(path, options), kill: () => rmSync(path, options) });
  return path;
}

async function startRedis(config: Config, logger: Logger, parts: StartedPart[]) {
  const redis = await openEmbeddedRedis({ binary: VALKEY, folder: join(config.dataDir, 'redis'), logger });
  parts.push({ name: 'redis', close: redis.close, kill: redis.kill });
  return redis;
}

/** Rejects if DATA_DIR is not writable. On a full disk the service starts, because it can still read and predict. */
async function requireStorage({ dataDir }: Config, logger: Logger): Promise<void> {
  await createProbe([{ setting: 'DATA_DIR', root: dataDir, path: dataDir }])().catch((error: unknown) => {
    if (!(error instanceof TrainyardError && error.code === 'insufficient_storage')) throw error;
    logger.error({ fault: error.message }, 'nothing can be stored now');
  });
}

/** Rejects if the port is taken. */
function requireFreePort({ host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => reject(listenError({ host, port }, cause)));
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

/** A small ResNet on part of Fashion-MNIST. It takes about 20 seconds on two CPU cores. */
const FIRST_JOB = JSON.stringify({
  name: 'first',
  network: 'resnet',
  networkOptions: { stem: 'small', width: 16, blocks: [1, 1, 1] },
  dataset: { resize: 28, trainSamples: 10_000, testSamples: 2_000 },
  epochs: 2,
});

/** What the banner says about keys, and the header of its example; both empty without keys. */
type KeyTexts = Readonly<{ sentence: string; header: string }>;

/** Names the file of the first admin key. An admin may have removed it: then the example has the key of the environment. */
function keyTexts({ address }: Started, { auth, accessDir }: Config): KeyTexts {
  if (auth !== 'keys') return { sentence: '', header: '' };
  const path = join(accessDir, ADMIN_KEY_FILE);
  if (!existsSync(path))
    return { sentence: `\n${KEYS_ON}\n`, header: ` -H "authorization: Bearer $TRAINYARD_API_KEY"` };
  const file = quoted(path);
  return {
    sentence: `\n${KEYS_ON} The first admin key is in ${path}. The command uses it after:\n\n  npx trainyard login ${address} --key - < ${file}\n`,
    header: ` -H "authorization: Bearer $(cat ${file})"`,
  };
}

const KEYS_ON = 'Keys are on: every request needs an API key, and the console asks for one.';

/** Quotes a path for a shell if it needs that. */
const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

const banner = ({ address, fault }: Started, { dataDir }: Config, { sentence, header }: KeyTexts): string => `
trainyard is ready: ${address} (open it in a browser; documentation of the API: ${address}/docs)
${sentence}
Train a first model, in about 20 seconds on two CPU cores:

  curl ${address}/jobs${header} -H 'content-type: application/json' -d '${FIRST_JOB}'

The tutorial's run, {"network":"resnet"}, trains ResNet-18 on 600,000 images of 96 pixels: about 1.5 hours on two CPU cores
(105 images/s, measured), about 2 minutes on an NVIDIA H200 (7,370 images/s, measured).

Models, data sets and the queue are stored in ${dataDir}. Ctrl-C stops everything; jobs resume at the next start.
${fault === undefined ? '' : `\nThe worker takes no jobs now. ${fault}\n`}`;

async function main(): Promise<void> {
  const config = loadConfig();
  requireAuth(config);
  const logger = createLogger('main', config.logLevel);
  const parts: StartedPart[] = [];
  const stopping = new AbortController();
  // However this process ends, nothing that it started outlives it.
  process.on('exit', () => {
    for (const part of parts.reverse()) part.kill();
  });
  process.on('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));

  const closeAll = async (): Promise<void> => {
    for (let part = parts.at(-1); part !== undefined; part = parts.at(-1)) {
      logger.debug({ name: part.name }, 'stopping');
      await part.close();
      parts.pop();
    }
  };
  const starting = start(config, logger, parts, stopping.signal);
  stopOnSignal(
    async () => {
      stopping.abort();
      await starting.catch(() => {});
      await closeAll();
    },
    { logger, deadlineMs: STOP_DEADLINES_MS.all },
  );
  try {
    const started = await starting;
    console.log(banner(started, config, keyTexts(started, config)));
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
