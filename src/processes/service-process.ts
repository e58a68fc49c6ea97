/** Supervisor of a long-lived child process (API or worker): waits until it is ready, restarts it when it dies, stops it. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { createRestartBackoff } from './restart-backoff.js';

const RESTART_PAUSES_MS = [500, 2_000, 5_000, 15_000] as const;

export type Service = Awaited<ReturnType<typeof startService>>;

type ServiceOptions<Name extends string> = Readonly<{
  /** Names the process in the log and in error messages. */
  name: Name;
  /** The compiled process file. */
  entry: URL;
  env: NodeJS.ProcessEnv;
  logger: Logger;
  /** Aborts the start. */
  signal: AbortSignal;
}>;

type RunningChild = Readonly<{
  child: ChildProcess;
  exited: Promise<void>;
  /** Sends SIGKILL to the process and to every process that it has started. */
  killGroup(): void;
}>;

/**
 * Forks the process and resolves once it reports that it is ready. Rejects with `unavailable` if it ends before that or `signal` aborts.
 * Restarts the process with back-off whenever it dies later.
 */
export async function startService<Name extends string>(options: ServiceOptions<Name>) {
  const { name, entry, env, logger, signal } = options;
  const closing = new AbortController();
  let current: RunningChild | undefined = launch(entry, env);
  const ready = await whenReady(current, name, signal);
  const supervising = supervise();

  async function supervise(): Promise<void> {
    const backoff = createRestartBackoff(RESTART_PAUSES_MS);
    while (current !== undefined) {
      const startedAt = performance.now();
      await current.exited;
      if (closing.signal.aborted) return;
      const pauseMs = backoff.pauseAfter(performance.now() - startedAt);
      const exit = current.child.signalCode ?? current.child.exitCode;
      logger.error({ name, exit, pauseMs }, 'process died, restarting it');
      current.killGroup();
      await wait(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      current = closing.signal.aborted ? undefined : launch(entry, env);
    }
  }

  return {
    name,
    /** The ready message of the first process. */
    ready,
    pid: () => current?.child.pid,
    /** Stops the process with SIGTERM. After `deadlineMs`, kills it and every process that it has started. */
    async close(deadlineMs: number): Promise<void> {
      closing.abort();
      if (current !== undefined) await stop(current, deadlineMs);
      await supervising;
    },
    /** Kills the process and every process that it has started, without waiting. */
    kill(): void {
      current?.killGroup();
    },
  };
}

/** Forks into a process group of its own: a Ctrl-C in the terminal reaches only this process, which stops the others in order. */
function launch(entry: URL, env: NodeJS.ProcessEnv): RunningChild {
  const child = fork(fileURLToPath(entry), [], { env, detached: true, serialization: 'advanced' });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { child, exited, killGroup: groupKiller(child) };
}

type ReadyMessage = Readonly<Record<string, unknown>>;

async function whenReady(
  { child, exited, killGroup }: RunningChild,
  name: string,
  signal: AbortSignal,
): Promise<ReadyMessage> {
  const onAbort = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort);
  try {
    let reason: string | undefined;
    const reported = new Promise<ReadyMessage>((resolve) => {
      child.on('message', (message) => {
        if (isReady(message)) resolve(message);
        else reason = failureIn(message);
      });
    });
    const ready = await Promise.race([reported, exited]);
    if (ready !== undefined) return ready;
    killGroup();
    const exit = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new TrainyardError(
      'unavailable',
      reason ?? `The ${name} process ended with ${exit} before it was ready: see its last log line.`,
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const isReady = (message: unknown): message is ReadyMessage =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';

/** Returns the message of a process that reports why it cannot start. */
const failureIn = (message: unknown): string | undefined =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  message.type === 'failed' &&
  'message' in message
    ? String(message.message)
    : undefined;

async function stop({ child, exited, killGroup }: RunningChild, deadlineMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(killGroup, deadlineMs);
  await exited;
  clearTimeout(timer);
  killGroup();
}

/**
 * Returns a function that kills a process and its process group, which holds every process that it has started. Once the process has
 * ended, only the first call kills the rest of the group. After that, another group may have the same id.
 */
function groupKiller(child: ChildProcess): () => void {
  let isGone = false;
  return () => {
    if (child.pid === undefined || isGone) return;
    isGone = child.exitCode !== null || child.signalCode !== null;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group has ended.
    }
  };
}
