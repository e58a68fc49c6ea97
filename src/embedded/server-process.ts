/** One run of the valkey-server program: started, ready, ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { type Address, configuration } from './address.js';

/** Lines of its log that stand in the error when it cannot start. */
const SHOWN_LINES = 8;

/** Time it has to write its file and end, before it is killed. */
const END_DEADLINE_MS = 10_000;

export type ServerProcess = Readonly<{
  pid: number;
  exited: Promise<void>;
  /** Sends a signal to the program while it runs; afterwards another process may have its id. */
  kill(signal: NodeJS.Signals): void;
  end(): Promise<void>;
}>;

/**
 * Starts the program and waits until it takes connections, however long it loads its file. It runs in a process group
 * of its own: a Ctrl-C in the terminal does not reach it.
 */
export async function startServerProcess(
  options: Readonly<{
    binary: string;
    folder: string;
    address: Address;
    /** Lines of its configuration on top of those that every server has. */
    settings?: readonly string[];
    logger: Logger;
  }>,
): Promise<ServerProcess> {
  const { binary, folder, address, settings, logger } = options;
  const child = spawn(binary, ['-'], { cwd: folder, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => {});
  child.stdin.end(configuration(address, settings));
  await whenReady(child, binary, logger);
  const { pid } = child;
  if (pid === undefined) throw new TrainyardError('internal', `${binary} has no process id.`);
  return { pid, exited, kill: (signal) => void child.kill(signal), end: () => end(child, exited) };
}

/** Resolves at its "Ready to accept connections"; rejects with the end of its log when it exits before. */
function whenReady(child: ChildProcess, binary: string, logger: Logger): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new TrainyardError('unavailable', `${binary} could not be started: ${cause.message}.`, { cause })),
    );
    child.once('exit', (code, signal) =>
      reject(
        new TrainyardError(
          'unavailable',
          `The embedded Redis ended with ${signal ?? `exit code ${code}`} before it was ready: ${lines.join(' | ') || 'it printed nothing'}`,
        ),
      ),
    );
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        logger.debug({ line }, 'embedded redis');
        lines.push(line);
        if (lines.length > SHOWN_LINES) lines.shift();
        if (line.includes('Ready to accept connections')) resolve();
      });
    }
  });
}

/** SIGTERM is its SHUTDOWN: it writes what is not written yet and ends. */
async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}
