/** `trainyard data`: imports, lists and deletes data sets. */
import { readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { confirm } from '../confirm.js';
import { type Context, openContext } from '../context.js';
import { isUnreachable } from '../errors-text.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { agoText, bytesText, counted, countText, durationText } from '../output/numbers-text.js';
import { bar, createProgressLine } from '../output/progress.js';
import { factLines, tableLines } from '../output/table.js';

type AddOptions = Readonly<{
  name?: string;
  side?: string;
  channels?: string;
  background?: string;
  onError?: string;
  testShare?: string;
}>;
/** Description of a data set in an answer of the service. */
type Dataset = Awaited<ReturnType<Awaited<ReturnType<Context['client']>>['datasets']['get']>>;

export function registerData(program: Command): void {
  const data = program
    .command('data')
    .summary('import and list data sets')
    .description('Import images as data sets, list data sets and delete them.');
  registerAdd(data);
  data
    .command('ls')
    .description('List data sets.')
    .action((_: object, command: Command) => listData(openContext(command)));
  data
    .command('show')
    .description('Show a data set: its classes, its images, and the files that were left out.')
    .argument('<name>', 'name of the data set')
    .action(async (name: string, _: object, command: Command) => {
      const context = openContext(command);
      const { datasets } = await context.client();
      showData(context, await datasets.get(name, { signal: context.signal }));
    });
  data
    .command('rm')
    .description('Delete an imported data set.')
    .argument('<name>', 'name of the data set')
    .option('-y, --yes', 'delete without a question')
    .action((name: string, { yes }: { yes?: boolean }, command: Command) =>
      removeData(openContext(command), name, yes),
    );
}

function registerAdd(data: Command): void {
  data
    .command('add')
    .description('Import a folder or a ZIP archive that has one folder of images for each class.')
    .argument('<folder or zip>', 'images')
    .option('--name <name>', 'name of the data set (default: the name of the folder or archive)')
    .option('--side <pixels>', 'side of the stored images, 8 to 512 (default: 96)')
    .addOption(new Option('--channels <count>', '1: grey, 3: colour (default: 3)').choices(['1', '3']))
    .option('--background <colour>', 'black, white or #rrggbb (default: black)')
    .addOption(new Option('--on-error <action>', 'what to do with unusable images').choices(['refuse', 'skip']))
    .option('--test-share <share>', 'share of each class that becomes test images (default: 0.2)')
    .action((path: string, options: AddOptions, command: Command) => addData(openContext(command), path, options));
}

/** Returns the name of a folder or archive as the service accepts it. */
export const datasetNameOf = (path: string): string =>
  basename(resolve(path))
    .replace(/\.zip$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64);

async function addData(context: Context, path: string, options: AddOptions): Promise<void> {
  const { client, output, signal } = context;
  requirePath(path);
  const name = options.name ?? datasetNameOf(path);
  if (name === '') throw usageError(`No name follows from ${path}.`, 'Give one with --name.');
  const line = createProgressLine(output.stderr, output.isLive);
  const startedAt = Date.now();
  const onProgress = (sent: number, total: number): void =>
    line.update((columns) => uploadLine(name, sent, total, (Date.now() - startedAt) / 1000, columns));
  const { datasets } = await client();
  try {
    const dataset = await datasets.import(name, path, { ...queryOf(options), onProgress, signal } as never);
    line.clear();
    showAdded(context, dataset as Dataset);
  } catch (error) {
    line.clear();
    throw interrupted(error, name, signal);
  }
}

function requirePath(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw usageError(`There is no file or folder ${path}.`);
  if (found.isDirectory() && readdirSync(path).length === 0)
    throw usageError(`The folder ${path} has no files.`, 'It needs one folder of images for each class.');
  if (!found.isDirectory() && !/\.zip$/i.test(path))
    throw usageError(`${path} is neither a folder nor a ZIP archive.`, 'It needs one folder of images for each class.');
}

const queryOf = ({ side, channels, background, onError, testShare }: AddOptions): object => ({
  ...(side !== undefined && { side: numberOf('--side', side) }),
  ...(channels !== undefined && { channels: Number(channels) }),
  ...(background !== undefined && { background }),
  ...(onError !== undefined && { onError }),
  ...(testShare !== undefined && { testShare: numberOf('--test-share', testShare) }),
});

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw usageError(`${option} must be a number (got ${JSON.stringify(text)}).`);
  return value;
}

/** Returns the error with what to do next, if the service went away or Ctrl-C was pressed during the import. */
function interrupted(error: unknown, name: string, signal: AbortSignal): unknown {
  if (!signal.aborted && !isUnreachable(error)) return error;
  const lost = signal.aborted ? 'The import was interrupted.' : 'The service went away during the import.';
  return new CliError(
    signal.aborted ? EXIT.interrupted : EXIT.unreachable,
    `${lost} A data set is stored completely or not at all.`,
    `Look with \`trainyard data show ${name}\`; if it is absent, run the same command again.`,
  );
}

function uploadLine(name: string, sent: number, total: number, seconds: number, columns: number): string {
  if (total > 0 && sent >= total) return `${name}: the service reads the images …`;
  const share = total === 0 ? 0 : sent / total;
  const left = sent > 0 && seconds > 1 ? `  ${durationText((seconds * (total - sent)) / sent)} left` : '';
  return `${name}  ${bar(share, Math.max(10, Math.min(40, columns - 50)))}  ${bytesText(sent)} of ${bytesText(total)}${left}`;
}

function showAdded(context: Context, dataset: Dataset) {
  const { output } = context;
  if (output.json || output.quiet) return showData(context, dataset);
  showData(context, dataset);
  for (const warning of dataset.imported?.warnings ?? []) output.note(output.paintNote('yellow', warning));
  output.note(`Train on it: trainyard train resnet data=${dataset.name} --follow`);
}

function showData({ output }: Context, dataset: Dataset) {
  if (output.json) return output.value(dataset);
  if (output.quiet) return output.line(dataset.name);
  const { classes, imported, trainSamples, testSamples, validationSamples } = dataset;
  const count = dataset.classCount ?? classes.length;
  output.lines(
    factLines([
      ['data set', dataset.name],
      [
        'images',
        `${countText(trainSamples)} train${validationSamples ? `, ${countText(validationSamples)} validation` : ''}, ${countText(testSamples)} test`,
      ],
      ['size', `${dataset.width} × ${dataset.height}, ${dataset.channels === 1 ? 'grey' : 'colour'}`],
      ['classes', `${count}: ${classes.slice(0, 10).join(', ')}${count > 10 ? ', …' : ''}`],
      ['imported', imported && agoText(imported.at)],
      ['left out', imported?.leftOut && leftOutText(imported.leftOut)],
    ]),
  );
}

const leftOutText = ({
  files,
  groups,
}: {
  files: number;
  groups: readonly { reason: string; files: number }[];
}): string =>
  `${counted(files, 'file')}: ${groups
    .slice(0, 3)
    .map((group) => `${group.files} ${group.reason}`)
    .join('; ')}`;

async function listData({ client, output, signal }: Context): Promise<void> {
  const { datasets } = await client();
  const rows: string[][] = [];
  for await (const dataset of datasets.list({ signal })) {
    if (output.json) output.value(dataset);
    else if (output.quiet) output.line(dataset.name);
    else rows.push(rowOf(dataset as Dataset));
  }
  if (!output.json && !output.quiet) output.lines(tableLines(COLUMNS, rows, output.columns));
}

const COLUMNS = [
  { title: 'name', shrinks: true },
  { title: 'train', align: 'right' },
  { title: 'test', align: 'right' },
  { title: 'classes', align: 'right' },
  { title: 'size' },
  { title: 'imported' },
] as const;

const rowOf = ({
  name,
  trainSamples,
  testSamples,
  classes,
  classCount,
  width,
  height,
  channels,
  imported,
}: Dataset): string[] => [
  name,
  countText(trainSamples),
  countText(testSamples),
  countText(classCount ?? classes.length),
  `${width} × ${height} ${channels === 1 ? 'grey' : 'colour'}`,
  imported ? agoText(imported.at) : 'built in',
];

async function removeData(context: Context, name: string, yes = false): Promise<void> {
  const { client, output, signal } = context;
  if (!(await confirm(context, `Delete the data set ${name}?`, yes)))
    throw new CliError(EXIT.failed, 'Nothing was deleted.');
  const { datasets } = await client();
  await datasets.delete(name, { signal });
  if (output.json) output.value({ deleted: name });
  else output.note(`Deleted the data set ${name}.`);
}
