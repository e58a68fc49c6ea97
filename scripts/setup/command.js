/** Runs the programs of set-up. A Ctrl-C or a SIGTERM ends them too. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setupError } from './setup-error.js';

/** Number of lines that the error shows of a failed program's output. */
const SHOWN_LINES = 25;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a program and resolves with its standard output. The error of a failed program is one sentence with the end of its output.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string; env?: NodeJS.ProcessEnv; inherit?: boolean }} [options] `inherit`: its output goes to ours
 * @returns {Promise<string>}
 */
export function runCommand(file, args, { cwd, env, inherit = false } = {}) {
  return new Promise((resolve, reject) => {
    // The program gets a process group, so that its own child processes end with it.
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', inherit ? 'inherit' : 'pipe', inherit ? 'inherit' : 'pipe'],
      detached: true,
    });
    running.add(child);
    let output = '';
    let all = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      all += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      all += chunk;
    });
    child.once('error', (error) => {
      running.delete(child);
      reject(setupError(`\`${file}\` could not be started: ${error.message}.`, error));
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      if (code === 0) return resolve(output);
      const shown = all.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
      const how = signal === null ? `exit code ${code}` : signal;
      reject(setupError(`\`${[file, ...args].join(' ')}\` failed with ${how}${shown ? `:\n${shown}` : '.'}`));
    });
  });
}

/** Ends all running programs if this process receives a signal to end. Returns a function that removes the listeners. */
export function endCommandsOnSignal() {
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    for (const { pid } of running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGTERM');
      } catch {
        // The program has ended already.
      }
    }
    process.stdout.write('\nInterrupted; the next start goes on from here.\n');
    process.exit(128 + constants.signals[signal]);
  };
  /** @type {readonly NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
