/** `trainyard __complete`: prints the words that can follow a command line, for the completion scripts. */
import type { Command } from 'commander';
import { ROLES, SCOPES } from '../../contracts/access/roles.js';
import type { RequestField } from '../../contracts/submission/field-table.js';
import { accessText } from '../access-text.js';
import { changeFields, jobFields, SHORT_NAMES } from '../assignments.js';
import { type Context, openContext } from '../context.js';
import { progressText } from '../job-text.js';
import { NETWORKS, VARIANTS } from '../network-word.js';
import { shortId } from '../output/numbers-text.js';
import { printable } from '../output/text-width.js';
import { JOB_STATUSES } from '../service-types.js';

type Word = readonly [word: string, description: string];
type Service = Awaited<ReturnType<Context['client']>>;

/** Time that the service has for an answer: a completion must not hang the shell. */
const DEADLINE_MS = 1_500;
const MAX_WORDS = 100;

export function registerComplete(program: Command, loadAll: () => Promise<Command>): void {
  program
    .command('__complete', { hidden: true })
    .summary('print the completions of a command line')
    .description('Print the completions of a command line, one `word<TAB>description` per line.')
    .argument('[words...]', 'words of the command line, the last one incomplete')
    .action(async (words: string[], _: object, command: Command) => {
      const context = openContext(command);
      const found = await complete(context, await loadAll(), words).catch(() => []);
      const current = words.at(-1) ?? '';
      const fitting = found.filter(([word]) => word.startsWith(current)).slice(0, MAX_WORDS);
      context.output.lines(fitting.map((parts) => parts.map(printable).join('\t')));
    });
}

async function complete(context: Context, program: Command, words: readonly string[]): Promise<Word[]> {
  const current = words.at(-1) ?? '';
  const { command, rest } = descend(program, words.slice(0, -1));
  const option = optionBefore(command, words.at(-2));
  if (option !== undefined) return valuesOf(context, option, current);
  if (current.startsWith('-')) return optionsOf(command);
  if (command.commands.length > 0) return namesOf(command);
  return argumentsOf(context, command, rest, current);
}

/** Follows the words to the deepest command. `rest`: the words behind it that are no options. */
function descend(program: Command, words: readonly string[]): { command: Command; rest: string[] } {
  let command = program;
  const rest: string[] = [];
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const next = command.commands.find((each) => each.name() === word);
    if (next !== undefined && rest.length === 0) command = next;
    else rest.push(word);
  }
  return { command, rest };
}

const allOptions = (command: Command): readonly Command['options'][number][] => [
  ...command.options,
  ...(command.parent === null ? [] : allOptions(command.parent)),
];

/** Returns the option before the current word, if the word is its value. */
function optionBefore(command: Command, word: string | undefined): string | undefined {
  const option = allOptions(command).find(({ long, short }) => word !== undefined && (long === word || short === word));
  return option?.required || option?.optional ? option.long : undefined;
}

const optionsOf = (command: Command): Word[] => [
  ...allOptions(command).map(({ long, description }): Word => [long ?? '', description]),
  ['--help', 'print this help'],
];

const namesOf = (command: Command): Word[] =>
  command.commands
    .filter((each) => !each.name().startsWith('_'))
    .map((each): Word => [each.name(), each.summary() || each.description()]);

/** Returns the values of an option; none if it takes a file. */
async function valuesOf(context: Context, option: string, current: string): Promise<Word[]> {
  if (option === '--role') return ROLES.map((word) => [word, '']);
  if (option === '--scopes') return scopeWords(current);
  const service = await context.client();
  if (option === '--model') return modelReferences(service);
  if (option === '--name') return modelNames(service);
  if (option === '--status') return STATUSES;
  if (option === '--format') return FORMATS;
  return [];
}

/** Completes the last scope of a list. */
function scopeWords(current: string): Word[] {
  const before = current.slice(0, current.lastIndexOf(',') + 1);
  return SCOPES.filter((scope) => !before.split(',').includes(scope)).map((scope) => [before + scope, '']);
}

const STATUSES: Word[] = JOB_STATUSES.map((word) => [word, '']);
const FORMATS: Word[] = ['savedmodel', 'tfjs', 'onnx', 'safetensors'].map((word) => [word, '']);

async function argumentsOf(
  context: Context,
  command: Command,
  rest: readonly string[],
  current: string,
): Promise<Word[]> {
  const argument = command.registeredArguments[Math.min(rest.length, command.registeredArguments.length - 1)];
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map((word): Word => [word, '']);
  switch (argument.name()) {
    case 'network and fields':
      return rest.length === 0 && !current.includes('=')
        ? [...networkWords(), ...fieldWords(jobFields)]
        : assignmentWords(context, jobFields, current);
    case 'fields':
      return assignmentWords(context, command.name() === 'change' ? changeFields : jobFields, current);
    case 'job':
    case 'jobs':
      return jobWords(await context.client(), command.name());
    case 'model':
    case 'other':
      return command.name() === 'rm' || command.name() === 'rollback'
        ? modelReferences(await context.client())
        : modelReferences(await context.client());
    case 'keys':
      return keyWords(await context.client());
    case 'name':
      return command.parent?.name() === 'keys' ? [] : datasetNames(await context.client());
    default:
      return [];
  }
}

const networkWords = (): Word[] => [...NETWORKS, ...VARIANTS].map((word) => [word, 'network']);

const fieldWords = (fields: readonly RequestField[]): Word[] => {
  const paths = fields.filter(({ path }) => !path.endsWith('*')).map(({ path, title }): Word => [`${path}=`, title]);
  const short = fields === jobFields ? Object.entries(SHORT_NAMES).map(([word, path]): Word => [`${word}=`, path]) : [];
  return [...short, ...paths];
};

/** Completes `key=` and the words of the field's fixed set. */
async function assignmentWords(context: Context, fields: readonly RequestField[], current: string): Promise<Word[]> {
  const at = current.indexOf('=');
  if (at < 0) return fieldWords(fields);
  const key = current.slice(0, at);
  const path = SHORT_NAMES[key] ?? key;
  const values = await fieldValues(context, path, fields);
  return values.map(([word, description]) => [`${key}=${word}`, description]);
}

async function fieldValues(context: Context, path: string, fields: readonly RequestField[]): Promise<Word[]> {
  if (path === 'dataset' || path === 'dataset.name') return datasetNames(await context.client());
  if (path === 'name') return modelNames(await context.client());
  if (path === 'from.model') return modelReferences(await context.client());
  const field = fields.find((each) => each.path === path);
  if (field?.types.includes('boolean'))
    return [
      ['true', ''],
      ['false', ''],
    ];
  return (field?.values ?? []).map((word) => [word, '']);
}

/** Statuses of the jobs that a command can do something with. */
const USEFUL: Readonly<Record<string, string>> = {
  cancel: 'queued,running,paused',
  pause: 'queued,running',
  resume: 'paused',
  change: 'queued,running,paused',
};

async function jobWords({ jobs }: Service, command: string): Promise<Word[]> {
  const status = USEFUL[command];
  const words: Word[] = [];
  const query = { limit: MAX_WORDS, ...(status !== undefined && { status }) };
  for await (const job of jobs.list({ ...query, ...deadline() })) {
    words.push([shortId(job.id), `${job.status} ${job.spec.name} ${progressText(job)}`.trim()]);
    if (words.length === MAX_WORDS) break;
  }
  return words;
}

const deadline = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(DEADLINE_MS) });

async function keyWords({ access }: Service): Promise<Word[]> {
  const keys = await access.keys(deadline());
  return keys.map((key) => [key.id, `${key.name} ${accessText(key)}`]);
}

async function modelNames({ models }: Service): Promise<Word[]> {
  const words: Word[] = [];
  for await (const { name, latest } of models.list(deadline())) words.push([name, latest.spec.dataset.name]);
  return words;
}

async function modelReferences({ models }: Service): Promise<Word[]> {
  const words: Word[] = [];
  for await (const { name, versions, labels } of models.list(deadline())) {
    words.push([name, 'newest version']);
    words.push(...Object.entries(labels).map(([label, version]): Word => [`${name}@${label}`, `version ${version}`]));
    words.push(...versions.map((version): Word => [`${name}@${version}`, '']));
  }
  return words;
}

async function datasetNames({ datasets }: Service): Promise<Word[]> {
  const words: Word[] = [];
  for await (const { name, classes } of datasets.list(deadline())) words.push([name, `${classes.length} classes`]);
  return words;
}
