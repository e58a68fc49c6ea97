/** `trainyard workers`: lists the live workers. */

import type { Command } from 'commander';
import { relativeTime } from '../../wording/time-text.js';
import { openContext } from '../context.js';
import { bytesText } from '../output/numbers-text.js';
import { tableLines } from '../output/table.js';

export function registerWorkers(program: Command): void {
  program
    .command('workers')
    .summary('list the live workers')
    .description('List the live workers with their hardware.')
    .action(async (_: object, command: Command) => {
      const { client, output, signal } = openContext(command);
      const workers = await (await client()).workers.list({ signal });
      if (output.json) return void workers.forEach(output.value);
      if (output.quiet) return output.lines(workers.map(({ host, pid }) => `${host}:${pid}`));
      if (workers.length === 0) return output.note('There is no live worker: jobs stay queued.');
      const rows = workers.map((worker) => [
        `${worker.host}:${worker.pid}`,
        worker.device,
        worker.processor,
        String(worker.cores),
        bytesText(worker.memoryBytes),
        worker.fault ?? 'fit',
        relativeTime(worker.seenAt),
      ]);
      output.lines(tableLines(COLUMNS, rows, output.columns));
    });
}

const COLUMNS = [
  { title: 'worker' },
  { title: 'device' },
  { title: 'processor', shrinks: true },
  { title: 'cores', align: 'right' },
  { title: 'memory', align: 'right' },
  { title: 'state' },
  { title: 'seen' },
] as const;
