/** What every command gets: settings, client, output, and the signal of Ctrl-C. */
import type { Command } from 'commander';
import { CliError, EXIT } from './exit-codes.js';
import { createOutput, type Output } from './output/json-output.js';
import type { Trainyard } from './service-client.js';
import { environment, loadSettings, type Settings } from './settings.js';

export type Context = Readonly<{
  settings: Settings;
  output: Output;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
  client(): Promise<Trainyard>;
}>;

type GlobalOptions = Readonly<{ url?: string; json?: boolean; quiet?: boolean }>;

/** Creates the context of a command from its options and those of the program. */
export function openContext(command: Command): Context {
  const { url, json = false, quiet = false } = command.optsWithGlobals<GlobalOptions>();
  const output = createOutput(
    { json, quiet, noColor: Boolean(environment['NO_COLOR']) },
    process.stdout,
    process.stderr,
  );
  const settings = loadSettings(url === undefined ? {} : { url });
  let client: Promise<Trainyard> | undefined;
  return {
    settings,
    output,
    signal: abortOnInterrupt(),
    client: () => {
      client ??= openClient(settings);
      return client;
    },
  };
}

async function openClient({ url, apiKey }: Settings): Promise<Trainyard> {
  const { createServiceClient } = await import('./service-client.js');
  return createServiceClient({ url, ...(apiKey !== undefined && { apiKey }) });
}

/** Returns a signal that the first Ctrl-C aborts. The second one ends the process. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    controller.abort(new CliError(EXIT.interrupted, 'Interrupted.'));
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
  });
  return controller.signal;
}
