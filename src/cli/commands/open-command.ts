/** `trainyard open`: opens the console of the service in a browser. */
import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { openContext } from '../context.js';

const OPENERS: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
};

export function registerOpen(program: Command): void {
  program
    .command('open')
    .summary('open the console in a browser')
    .description('Open the console of the service in a browser. Prints its address.')
    .option('--print', 'print the address only')
    .action(async ({ print }: { print?: boolean }, command: Command) => {
      const { settings, output, client, signal } = openContext(command);
      const url = `${settings.url}/ui/`;
      await (await client()).service.ready({ signal });
      if (output.json) output.value({ url });
      else output.line(url);
      if (!print && output.isTerminal && !(await openBrowser(url)))
        output.note('No browser was found. Open the address yourself.');
    });
}

/** Starts the browser of the desktop. Resolves with whether it was found. */
function openBrowser(url: string): Promise<boolean> {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
