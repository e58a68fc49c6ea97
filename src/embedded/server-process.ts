/** One run of the valkey-server program, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TrainyardError } from '../errors/errors.js';
import type { Logger } from '../logging/logger.js';
import { type Address, configuration } from './server-address.js';

/** Log lines of the server in the error message if it cannot start. */
const SHOWN_LINES = 8;

/** Time to write pending data and end, before the server is killed. */
const END_DEADLINE_MS = 10_000;

export type ServerProcess = Readonly<{
  pid: number;
  exited: Promise<void>;
  /** Sends a signal while the program runs. Later, another process may have its id. */
  kill(signal: NodeJS.Signals): void;
  /** Ends the program with SIGTERM and resolves when it has exited. */
  end(): Promise<void>;
}>;

type ServerProcessOptions = Readonly<{
  binary: string;
  folder: string;
  address: Address;
  /** Extra lines of the server's configuration. */
  settings?: readonly string[];
  logger: Logger;
}>;

/**
 * Starts the program and resolves once it accepts connections, however long it loads its data. It runs in a process group of its own, so
 * that a Ctrl-C in the terminal does not reach it.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
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

/** Resolves at the log line "Ready to accept connections". Rejects with the last log lines if the server exits before. */
function whenReady(child: ChildProcess, binary: string, logger: Logger): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new TrainyardError('unavailable', `${binary} could not be started: ${cause.message}.`, { cause })),
    );
    child.once('exit', (code, signal) => {
      const exit = signal ?? `exit code ${code}`;
      const output = lines.join(' | ') || 'it printed nothing';
      reject(new TrainyardError('unavailable', `The embedded Redis ended with ${exit} before it was ready: ${output}`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        logger.debug({ line }, 'embedded Redis output');
        lines.push(line);
        if (lines.length > SHOWN_LINES) lines.shift();
        if (line.includes('Ready to accept connections')) resolve();
      });
    }
  });
}

/** Sends SIGTERM, on which the server writes its pending data and ends. Kills it after the deadline. */
async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}
