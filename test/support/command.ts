/** The command `trainyard` in a process of its own, with or without a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const COMMAND = join(import.meta.dirname, '../../dist/cli/index.js');
const TERMINAL = join(import.meta.dirname, 'terminal.py');

export type Finished = Readonly<{ code: number | null; out: string; err: string }>;
type Options = Readonly<{ url?: string; env?: Readonly<Record<string, string>>; input?: string; cwd?: string }>;

/** A command that runs. `until` resolves once its output fits. */
export type Running = Readonly<{
  child: ChildProcess;
  output: { out: string; err: string };
  finished: Promise<Finished>;
  until(fits: (output: { out: string; err: string }) => boolean): Promise<void>;
}>;

const environmentOf = ({ url, env }: Options): NodeJS.ProcessEnv => {
  const { TRAINYARD_URL: _url, TRAINYARD_API_KEY: _key, NO_COLOR: _color, FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, XDG_CONFIG_HOME: '/nonexistent', ...(url !== undefined && { TRAINYARD_URL: url }), ...env };
};

function observe(child: ChildProcess): Running {
  const output = { out: '', err: '' };
  const checks = new Set<() => void>();
  const add = (name: 'out' | 'err') => (chunk: Buffer) => {
    output[name] += chunk.toString('utf8');
    for (const check of checks) check();
  };
  child.stdout?.on('data', add('out'));
  child.stderr?.on('data', add('err'));
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return {
    child,
    output,
    finished,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (!fits(output)) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
        void finished.then(() => reject(new Error(`The command ended first: ${JSON.stringify(output)}`)));
      }),
  };
}

/** Starts the command without a terminal. */
export function startCommand(args: readonly string[], options: Options = {}): Running {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: environmentOf(options),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return observe(child);
}

/** Runs the command to its end. */
export const runCommand = (args: readonly string[], options: Options = {}): Promise<Finished> =>
  startCommand(args, options).finished;

/** Starts the command on a pseudo-terminal. What is written to `child.stdin` are keys. */
export function startOnTerminal(
  args: readonly string[],
  { columns = 80, rows = 24, ...options }: Options & Readonly<{ columns?: number; rows?: number }> = {},
): Running {
  const size = [String(columns), String(rows)];
  const child = spawn('python3', [TERMINAL, ...size, process.execPath, COMMAND, ...args], {
    env: { ...environmentOf(options), TERM: 'xterm-256color' },
  });
  child.stdin.on('error', () => undefined);
  return observe(child);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** Removes escape sequences. */
export const plainText = (text: string): string => text.replaceAll(ESCAPES, '');
