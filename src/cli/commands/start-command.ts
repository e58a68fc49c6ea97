/** `trainyard start`: sets up and runs the service on this machine. */
import type { Command } from 'commander';
import { usageError } from '../exit-codes.js';
import { type StartOptions, start } from '../start.js';

export function registerStart(program: Command): void {
  program
    .command('start')
    .summary('set up and run the service on this machine')
    .description(
      'Set up the service, the first time, and run API, worker and an embedded Redis. Ctrl-C stops all of them.',
    )
    .option('--data <folder>', 'folder of models, data sets and the queue (before DATA_DIR and ./data)')
    .option('--port <number>', 'port of the API (before PORT and 3000)', checkPort)
    .option('--host <address>', 'address the API listens on (before HOST and 127.0.0.1)')
    .addHelpText(
      'after',
      '\nThe set-up goes into TRAINYARD_HOME, by default ~/.cache/trainyard. Every other\nsetting is an environment variable.',
    )
    .action((options: StartOptions) => start(options));
}

function checkPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw usageError(
    `--port must be 0 to 65535 (got ${JSON.stringify(text)}).`,
    'With 0, the system chooses a free port.',
  );
}
