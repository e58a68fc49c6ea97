/**
 * Processes of a whole service: `npm start` and a second worker. They can be killed one by one, or all at once as in a power cut. The second
 * worker connects to Redis through a proxy, which can be cut off.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import { descendants, isAlive } from '../support/processes.js';
import { openProxy } from '../support/proxy.js';

const dist = join(import.meta.dirname, '../../dist');
/** Number of log lines that an error quotes. */
const SHOWN_LINES = 30;

/** A running trainer with its job and worker. */
export type RunningTrainer = Readonly<{ pid: number; jobId: string; attempt: number; worker: number }>;

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

type LogLine = Readonly<{ pid?: number; msg?: string; trainerPid?: number; jobId?: string; attempt?: number }>;

/** Starts the service with its data in `dataDir`. Another worker takes lost jobs over after `lockSeconds`. */
export async function startCluster({ dataDir, lockSeconds }: Readonly<{ dataDir: string; lockSeconds: number }>) {
  const trainers = new Map<number, RunningTrainer>();
  const log: string[] = [];
  // A restarted API listens on the same port.
  const port = await freePort();
  const proxy = await openProxy({ url: `unix://${join(dataDir, 'redis/valkey.sock')}` });
  let isStopping = false;
  let main: ChildProcess;
  let second: ChildProcess;

  function note(line: string): void {
    log.push(line);
    if (!line.startsWith('{')) return;
    const { pid, msg, trainerPid, jobId = '', attempt = 0 } = JSON.parse(line) as LogLine;
    if (trainerPid === undefined || pid === undefined) return;
    if (msg === 'trainer started') trainers.set(trainerPid, { pid: trainerPid, jobId, attempt, worker: pid });
    if (msg === 'trainer ended') trainers.delete(trainerPid);
  }

  function launch(file: string, redisUrl: string): ChildProcess {
    const child = spawn(process.execPath, [join(dist, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: dataDir,
        REDIS_URL: redisUrl,
        WORKER_LOCK_SECONDS: String(lockSeconds),
        CHECKPOINT_SECONDS: '1',
        // A trainer that this test kills is not at fault.
        MAX_RESTARTS: '100',
        LOG_LEVEL: 'info',
      },
    });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', note);
    return child;
  }

  /** Resolves with the address when every process is ready. */
  async function startMain(): Promise<string> {
    main = launch('main.js', '');
    const { stdout } = main;
    if (stdout === null) throw new Error('The service has no output.');
    const ready = new Promise<string>((resolve, reject) => {
      createInterface({ input: stdout }).on('line', (line) => {
        const address = /trainyard is ready: (http:\S+)/.exec(line)?.[1];
        if (address !== undefined) resolve(address);
      });
      main.once('exit', () => reject(new Error(`The service did not start:\n${lastLines()}`)));
    });
    return ready;
  }

  /** Starts a worker that is restarted whenever it dies, like a container. */
  function startSecond(): void {
    second = launch('worker.js', proxy.url);
    const started = second;
    second.once('exit', () => {
      if (!isStopping && started === second) startSecond();
    });
  }

  const lastLines = (): string => log.slice(-SHOWN_LINES).join('\n');
  const find = (name: string): number | undefined =>
    descendants(main.pid).find(({ command }) => command.includes(name))?.pid;

  /** Returns the trainers of live workers. */
  const living = (): RunningTrainer[] =>
    [...trainers.values()].filter(({ pid, worker }) => isAlive(pid) && isAlive(worker));

  const address = await startMain();
  startSecond();

  return {
    address,
    dataDir,
    lastLines,

    trainers: living,
    /** Returns the trainers of the second worker. */
    trainersBehindProxy: () => living().filter(({ worker }) => worker === second.pid),
    /** Cuts the second worker off from Redis. */
    cut: proxy.cut,
    mend: proxy.mend,

    api: () => find('server.js'),
    redis: () => find('valkey-server'),

    /** Kills every process with SIGKILL and restarts them. Resolves when the service is ready. */
    async powerCut(): Promise<void> {
      isStopping = true;
      const pids = [main, second].flatMap(({ pid }) => [pid, ...descendants(pid).map((row) => row.pid)]);
      for (const pid of pids) if (pid !== undefined) kill(pid, 'SIGKILL');
      while (pids.some((pid) => pid !== undefined && isAlive(pid))) await delay(5);
      isStopping = false;
      startSecond();
      await startMain();
    },

    async stop(): Promise<void> {
      isStopping = true;
      for (const child of [second, main]) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
      await proxy.close();
    },
  };
}

/** Sends a signal to a process that may have ended. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
