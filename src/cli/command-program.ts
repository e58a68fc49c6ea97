/** The program: its commands, loaded when they are needed, and the end of the process. */
import { Command, CommanderError } from 'commander';
import { commandVersion } from './command-version.js';
import { describeError } from './errors-text.js';
import { CliError, EXIT, usageError } from './exit-codes.js';
import { wrapText } from './output/text-width.js';
import { DEFAULT_URL, loadSettings } from './settings.js';

/** Registers a command and its subcommands. `loadAll` returns a program with every command. */
export type Register = (program: Command, loadAll: () => Promise<Command>) => void;
type Entry = Readonly<{ summary: string; load: () => Promise<Register> }>;

/** Commands in the order of the help. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  start: {
    summary: 'set up and run the service on this machine',
    load: async () => (await import('./commands/start-command.js')).registerStart,
  },
  train: {
    summary: 'train a network',
    load: async () => (await import('./commands/train-command.js')).registerTrain,
  },
  jobs: {
    summary: 'list, follow, cancel, pause, change, move, clone and delete jobs',
    load: async () => (await import('./commands/jobs-command.js')).registerJobs,
  },
  predict: {
    summary: 'classify images with a model',
    load: async () => (await import('./commands/predict-command.js')).registerPredict,
  },
  evaluate: {
    summary: 'evaluate a model on a data set',
    load: async () => (await import('./commands/evaluate-command.js')).registerEvaluate,
  },
  models: {
    summary: 'list, compare, label and export models',
    load: async () => (await import('./commands/models-command.js')).registerModels,
  },
  data: {
    summary: 'import, list and delete data sets',
    load: async () => (await import('./commands/data-command.js')).registerData,
  },
  workers: {
    summary: 'list the live workers',
    load: async () => (await import('./commands/workers-command.js')).registerWorkers,
  },
  watch: {
    summary: 'watch the running jobs on the whole terminal',
    load: async () => (await import('./commands/watch-command.js')).registerWatch,
  },
  open: {
    summary: 'open the console in a browser',
    load: async () => (await import('./commands/open-command.js')).registerOpen,
  },
  login: {
    summary: 'store the address and the API key of a service',
    load: async () => (await import('./commands/login-command.js')).registerLogin,
  },
  whoami: {
    summary: 'show whose key the command uses',
    load: async () => (await import('./commands/whoami-command.js')).registerWhoami,
  },
  keys: {
    summary: 'create, list and revoke API keys',
    load: async () => (await import('./commands/keys-command.js')).registerKeys,
  },
  audit: {
    summary: 'list who changed what',
    load: async () => (await import('./commands/audit-command.js')).registerAudit,
  },
  doctor: {
    summary: 'check this machine and the service',
    load: async () => (await import('./commands/doctor-command.js')).registerDoctor,
  },
  completion: {
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completion-command.js')).registerCompletion,
  },
  __complete: {
    summary: 'print the completions of a command line',
    load: async () => (await import('./commands/complete-command.js')).registerComplete,
  },
};

const SEE_HELP = 'Add --help to see what is allowed.';

const FOOTER = `
Exit codes: 0 done, 1 failed, 2 wrong command line, 3 the job failed or was
cancelled, 4 refused by the service, 5 service unreachable, 130 interrupted.

Example: trainyard train resnet data=fashion-mnist epochs=5 --follow`;

/** `isJson`: errors are written by `report` alone, as JSON. */
function createProgram(isJson = false): Command {
  const silent = { writeErr: () => undefined, outputError: () => undefined };
  return new Command('trainyard')
    .description('Train image classifiers and use them, on a trainyard service.')
    .usage('[options] <command>')
    .version(commandVersion(), '-V, --version', 'print the version')
    .option('--url <url>', `address of the service (before TRAINYARD_URL, the profile and ${DEFAULT_URL})`)
    .option('--project <name>', 'project to work in; another one than that of the key needs the role admin')
    .option('--json', 'print JSON, one value per line')
    .option('-q, --quiet', 'print only results: ids, names and references')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', FOOTER)
    .showSuggestionAfterError(true)
    .configureOutput(isJson ? silent : { writeErr: writeWrapped })
    .showHelpAfterError(SEE_HELP)
    .exitOverride();
}

/** Returns the program with all commands, loaded completely. */
export async function loadProgram(): Promise<Command> {
  const program = createProgram();
  for (const { load } of Object.values(COMMANDS)) (await load())(program, loadProgram);
  return program;
}

/** Returns the program with one command; the others have only their name and summary. */
async function loadFor(name: string | undefined, isJson: boolean): Promise<Command> {
  const program = createProgram(isJson);
  for (const [each, { summary, load }] of Object.entries(COMMANDS)) {
    if (each === name) (await load())(program, loadProgram);
    else
      program
        .command(each, { hidden: each.startsWith('_') })
        .summary(summary)
        .description(summary)
        .allowUnknownOption();
  }
  return program;
}

/** Returns the first word that names a command. */
function commandIn(args: readonly string[]): string | undefined {
  const words = args.filter((word, i) => !word.startsWith('-') && !['--url', '--project'].includes(args[i - 1] ?? ''));
  return words[0] === 'help' ? words[1] : words[0];
}

/** Runs a command line and sets the exit code. */
export async function run(given: readonly string[]): Promise<void> {
  endQuietlyWithoutReader();
  const args = splitFlags(given);
  try {
    const program = await loadFor(commandIn(args), args.includes('--json'));
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error, args);
  }
}

/** Splits `-Fq` and `-yq`: commander knows an option of the program only as a word of its own. */
const splitFlags = (args: readonly string[]): string[] =>
  args.flatMap((arg) => (/^-[Fyq]*q[Fyq]*$/.test(arg) ? [...arg.slice(1)].map((flag) => `-${flag}`) : arg));

/** A reader such as `head` that closes the pipe has what it wants. */
function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.ok);
      throw error;
    });
}

/** Writes the error to stderr. Returns the exit code. */
function report(error: unknown, args: readonly string[]): number {
  const isCommanders = error instanceof CommanderError;
  // Help and version are no errors.
  if (isCommanders && error.exitCode === 0) return EXIT.ok;
  // Without --json, commander has written its message already.
  if (isCommanders && !args.includes('--json')) return EXIT.usage;
  const known = isCommanders ? commandLineError(error) : error;
  const { exitCode, lines, json } = describeError(known, urlOf(args), {
    isImport: args.includes('add') && commandIn(args) === 'models',
    isEvaluation: commandIn(args) === 'evaluate',
  });
  if (args.includes('--json') && exitCode !== EXIT.interrupted) process.stderr.write(`${JSON.stringify(json)}\n`);
  else writeWrapped(`${lines.join('\n')}\n`);
  return exitCode;
}

/** Returns the error of a command line that commander refuses, in one line. Commander throws its help if a command is missing. */
function commandLineError({ code, message }: CommanderError): CliError {
  const text =
    code === 'commander.help' ? 'A command is missing.' : message.replace(/^error: /, '').replaceAll('\n', ' ');
  return usageError(text, SEE_HELP);
}

/** Writes to stderr; on a terminal wrapped between words. */
function writeWrapped(text: string): void {
  const { isTTY, columns } = process.stderr;
  process.stderr.write(isTTY ? wrapText(text, columns) : text);
}

function urlOf(args: readonly string[]): string {
  const given = args.flatMap((arg, i) =>
    arg === '--url' ? (args[i + 1] ?? []) : (/^--url=(.*)$/.exec(arg)?.[1] ?? []),
  );
  try {
    return loadSettings(given[0] === undefined ? {} : { url: given[0] }).url;
  } catch (error) {
    if (error instanceof CliError) return DEFAULT_URL;
    throw error;
  }
}
