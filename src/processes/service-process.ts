/** A long-lived process of ours (API, worker) as a child: ready, restarted when it dies, stopped within a deadline. */
import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';

/** Pauses before it is started again; the last one is repeated. */
const RESTART_PAUSES_MS = [500, 2_000, 5_000, 15_000] as const;

/** A process that ran this long was well: the pauses begin anew. */
const WELL_AFTER_MS = 60_000;

export type Service = Awaited<ReturnType<typeof startService>>;

type Run = Readonly<{
  child: ChildProcess;
  exited: Promise<void>;
  /** Sends SIGKILL to the process and to all that it has started. */
  killGroup(): void;
}>;

/**
 * Forks the process and resolves with what it says when it is ready; rejects when it ends before that, or when `signal`
 * is aborted. Later deaths are answered with a new process.
 */
export async function startService<Name extends string>(
  options: Readonly<{ name: Name; entry: URL; env: NodeJS.ProcessEnv; logger: Logger; signal: AbortSignal }>,
) {
  const { name, entry, env, logger, signal } = options;
  const closing = new AbortController();
  let current: Run | undefined = launch(entry, env);
  const ready = await whenReady(current, name, signal);
  const watching = watch();

  async function watch(): Promise<void> {
    for (let deaths = 0; current !== undefined; deaths++) {
      const started = performance.now();
      await current.exited;
      if (closing.signal.aborted) return;
      if (performance.now() - started > WELL_AFTER_MS) deaths = 0;
      const pauseMs = RESTART_PAUSES_MS[Math.min(deaths, RESTART_PAUSES_MS.length - 1)];
      logger.error(
        { name, exit: current.child.signalCode ?? current.child.exitCode, pauseMs },
        'process died; starting it again',
      );
      current.killGroup();
      await wait(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      current = closing.signal.aborted ? undefined : launch(entry, env);
    }
  }

  return {
    name,
    ready,
    pid: () => current?.child.pid,
    /** Asks it to stop; after `deadlineMs` it is killed, with all that it has started. */
    async close(deadlineMs: number): Promise<void> {
      closing.abort();
      if (current !== undefined) await stop(current, deadlineMs);
      await watching;
    },
    /** Kills it and all that it has started, at once. */
    kill(): void {
      current?.killGroup();
    },
  };
}

/** In a process group of its own: a Ctrl-C in the terminal reaches only this process, which stops the others in order. */
function launch(entry: URL, env: NodeJS.ProcessEnv): Run {
  const child = fork(fileURLToPath(entry), [], { env, detached: true, serialization: 'advanced' });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { child, exited, killGroup: groupKiller(child) };
}

type Ready = Readonly<Record<string, unknown>>;

async function whenReady({ child, exited, killGroup }: Run, name: string, signal: AbortSignal): Promise<Ready> {
  const onAbort = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort);
  try {
    let why: string | undefined;
    const said = new Promise<Ready>((resolve) => {
      child.on('message', (message) => {
        if (isReady(message)) resolve(message);
        else why = reasonIn(message);
      });
    });
    const ready = await Promise.race([said, exited]);
    if (ready !== undefined) return ready;
    killGroup();
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new TrainyardError(
      'unavailable',
      why ?? `The ${name} process ended with ${how} before it was ready; its last log line says why.`,
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const isReady = (message: unknown): message is Ready =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';

/** Returns the sentence with which a process says that it cannot start. */
const reasonIn = (message: unknown): string | undefined =>
  typeof message === 'object' &&
  message !== null &&
  'type' in message &&
  message.type === 'failed' &&
  'message' in message
    ? String(message.message)
    : undefined;

async function stop({ child, exited, killGroup }: Run, deadlineMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(killGroup, deadlineMs);
  await exited;
  clearTimeout(timer);
  killGroup();
}

/**
 * Returns a function that kills a process and its process group: all that it has started. After the process has ended, only the first
 * call kills what is left of the group. Later, another group may have its id.
 */
function groupKiller(child: ChildProcess): () => void {
  let isGone = false;
  return () => {
    if (child.pid === undefined || isGone) return;
    isGone = child.exitCode !== null || child.signalCode !== null;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The whole group has ended.
    }
  };
}
