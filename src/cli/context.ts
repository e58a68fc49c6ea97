/** Context of every command: settings, client, output, and the signal of Ctrl-C. */
import type { Command } from 'commander';
import type { Trainyard } from '../client/index.js';
import { CliError, EXIT } from './exit-codes.js';
import { lightFetch } from './light-fetch.js';
import { createOutput, type Output } from './output/json-output.js';
import { environment, loadSettings, type Settings } from './settings.js';

export type Context = Readonly<{
  settings: Settings;
  output: Output;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
  client(): Promise<Trainyard>;
  /** Calls `listener` when the service cannot be reached, and when it answers again. */
  onConnection(listener: (isLost: boolean) => void): void;
}>;

type GlobalOptions = Readonly<{ url?: string; project?: string; json?: boolean; quiet?: boolean }>;

/** Creates the context of a command from its options and those of the program. */
export function openContext(command: Command): Context {
  const { url, project, json = false, quiet = false } = command.optsWithGlobals<GlobalOptions>();
  const output = createOutput(
    { json, quiet, noColor: Boolean(environment['NO_COLOR']) },
    process.stdout,
    process.stderr,
  );
  const settings = loadSettings(url === undefined ? {} : { url });
  let client: Promise<Trainyard> | undefined;
  const listeners = new Set<(isLost: boolean) => void>();
  return {
    settings,
    output,
    signal: abortOnInterrupt(),
    client: () => {
      client ??= openClient({ ...settings, project }, (isLost) => {
        for (const listener of listeners) listener(isLost);
      });
      return client;
    },
    onConnection: (listener) => void listeners.add(listener),
  };
}

/** Header that names another project than that of the key. */
const PROJECT_HEADER = 'trainyard-project';
/** Retries of a call: a person waits for the answer. */
const RETRIES = 2;

/** Opens a client. `report` receives whether each request failed to reach the service. */
export async function openClient(
  { url, apiKey, project }: Readonly<{ url: string; apiKey?: string | undefined; project?: string | undefined }>,
  report: (isLost: boolean) => void = () => undefined,
): Promise<Trainyard> {
  const { Trainyard } = await import('../client/index.js');
  const named = project === undefined ? {} : { [PROJECT_HEADER]: project };
  const observed: typeof fetch = async (input, init) => {
    try {
      const headers = { ...(init?.headers as Record<string, string>), ...named };
      const answer = await lightFetch(input, { ...init, headers });
      report(false);
      return answer;
    } catch (error) {
      if (!init?.signal?.aborted) report(true);
      throw error;
    }
  };
  // The settings have the key of the environment already: without one, none is sent.
  return new Trainyard({ url, retries: RETRIES, fetch: observed, apiKey: apiKey ?? '' });
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
