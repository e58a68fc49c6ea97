/** `trainyard whoami`: shows who sends the requests of the command, and what they may do. */
import type { Command } from 'commander';
import { callerText, identityFacts } from '../access-text.js';
import { openContext } from '../context.js';
import { noKeyError } from '../key-errors.js';
import { factLines } from '../output/table.js';

export function registerWhoami(program: Command): void {
  program
    .command('whoami')
    .summary('show whose key the command uses')
    .description('Show whose key the command uses, and what it may do.')
    .action(async (_: object, command: Command) => {
      const { client, output, signal, settings } = openContext(command);
      const session = await (await client()).access.session({ signal });
      const { caller } = session;
      if (caller === null) throw noKeyError(settings);
      if (output.json) return output.value(session);
      if (output.quiet) return output.line(caller.name);
      if (caller.kind === 'anyone') output.line(callerText(caller));
      else output.lines(factLines([['service', settings.url], ...identityFacts(caller)]));
    });
}
