/** Runs the programs set-up is made of, and ends them with it: none outlives a Ctrl-C or a SIGTERM. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setupError } from './setup-error.js';

/** Lines of a failed program's output that are shown. */
const SHOWN_LINES = 25;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a program to its end and returns its standard output. A failure is one sentence and the end of what it printed.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string; env?: NodeJS.ProcessEnv; inherit?: boolean }} [options] `inherit`: its output goes to ours
 * @returns {Promise<string>}
 */
export function runCommand(file, args, { cwd, env, inherit = false } = {}) {
  return new Promise((resolve, reject) => {
    // A group of its own, so that ending it also ends what it has started.
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

/** Ends every program still running when this process is asked to end. Returns what takes the listeners off again. */
export function endCommandsOnSignal() {
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    for (const { pid } of running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGTERM');
      } catch {
        // It has ended already.
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
