/** `trainyard data`: imports, lists and deletes data sets. */

import { readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { ImportStatus } from '../../client/index.js';
import { defaultName } from '../../wording/default-name.js';
import { leftText, relativeTime } from '../../wording/time-text.js';
import { confirm } from '../confirm.js';
import { type Context, openContext } from '../context.js';
import { isUnreachable } from '../errors-text.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { bytesText, counted, countText } from '../output/numbers-text.js';
import { bar, createProgressLine } from '../output/progress.js';
import { factLines, tableLines } from '../output/table.js';
import { printable } from '../output/text-width.js';
import { commandWords } from '../service-words.js';
import { groupsText, LISTS, type List, showList, showReport } from './data-report.js';

type AddOptions = Readonly<{
  name?: string;
  side?: string;
  channels?: string;
  background?: string;
  fit?: string;
  cropShare?: string;
  interpolation?: string;
  antialias?: boolean;
  decoding?: string;
  onError?: string;
  testShare?: string;
  onLeak?: string;
  validationShare?: string;
  stratified?: boolean;
  groups?: string;
  seed?: string;
  sha256?: string;
}>;
type ShowOptions = Readonly<{ report?: boolean; list?: List }>;
/** Description of a data set in an answer of the service. */
type Dataset = Awaited<ReturnType<Awaited<ReturnType<Context['client']>>['datasets']['get']>>;

export function registerData(program: Command): void {
  const data = program
    .command('data')
    .summary('import, list and delete data sets')
    .description('Import images as data sets, list data sets and delete them.');
  registerAdd(data);
  data
    .command('ls')
    .description('List data sets.')
    .action((_: object, command: Command) => listData(openContext(command)));
  data
    .command('show')
    .description(
      'Show a data set: images of each class, images that occur several times, and files that were left out.',
    )
    .argument('<name>', 'name of the data set')
    .option('--report', 'show what is wrong with the images: leaks between splits, wrong classes, images of one colour')
    .addOption(new Option('--list <kind>', 'list the files of one kind').choices(LISTS))
    .action((name: string, options: ShowOptions, command: Command) => show(openContext(command), name, options));
  data
    .command('rm')
    .description('Delete an imported data set.')
    .argument('<name>', 'name of the data set')
    .option('-y, --yes', 'delete without a question')
    .action((name: string, { yes }: { yes?: boolean }, command: Command) =>
      removeData(openContext(command), name, yes),
    );
}

async function show(context: Context, name: string, { report, list }: ShowOptions): Promise<void> {
  if (report && list !== undefined) throw usageError('--report and --list exclude each other.');
  if (report) return showReport(context, name);
  if (list !== undefined) return showList(context, name, list);
  const { datasets } = await context.client();
  showData(context, await datasets.get(name, { signal: context.signal }));
}

function registerAdd(data: Command): void {
  data
    .command('add')
    .description(
      'Import a folder or an archive (ZIP, tar, npz) that has one folder of images for each class, or a manifest.',
    )
    .argument(
      '<folder or archive>',
      'images: a folder, a zip, tar, tar.gz, tar.zst or npz file, or its https:// address',
    )
    .option('--sha256 <digest>', 'SHA-256 of the file at the address')
    .option('--name <name>', 'name of the data set (default: the name of the folder or archive)')
    .option('--side <pixels>', 'side of the stored images, 8 to 512 (default: 96)')
    .addOption(new Option('--channels <count>', '1: grey, 3: colour (default: 3)').choices(['1', '3']))
    .option('--background <colour>', 'black, white or #rrggbb (default: black)')
    .addOption(
      new Option('--fit <fit>', 'how other shapes become square (default: contain)').choices([
        ...['contain', 'cover', 'stretch', 'resize-crop'],
      ]),
    )
    .option('--crop-share <share>', 'part of the shorter side that resize-crop keeps (default: 0.875)')
    .addOption(
      new Option('--interpolation <kind>', 'fast, or the pixels of Pillow').choices(['fast', 'bilinear', 'bicubic']),
    )
    .option('--no-antialias', 'read only the nearest pixels, as TensorFlow does')
    .addOption(
      new Option('--decoding <kind>', 'plain: ignore transparency and colour profiles').choices(['managed', 'plain']),
    )
    .addOption(new Option('--on-error <action>', 'what to do with unusable images').choices(['refuse', 'skip']))
    .addOption(
      new Option('--on-leak <action>', 'what to do with images that occur in several splits (default: report)').choices(
        [...['report', 'move', 'drop']],
      ),
    )
    .option('--test-share <share>', 'share of each class that becomes test images (default: 0.2)')
    .option('--validation-share <share>', 'share of the images that becomes the own validation split (default: 0)')
    .option(
      '--groups <groups>',
      'pattern of the file name with one group, or column of the manifest: keeps groups in one split',
    )
    .option('--no-stratified', 'draw splits without regard to the classes')
    .option('--seed <seed>', 'seed of the drawn splits (default: 0)')
    .action((path: string, options: AddOptions, command: Command) => addData(openContext(command), path, options));
}

/** Endings of the archives that the service reads. */
const ARCHIVE = /\.(zip|npz|tar|tgz|tar\.(gz|zst))$/i;

const ADDRESS = /^https?:\/\//i;

/** Returns the last part of the path of a URL. */
const fileOfUrl = (url: string): string =>
  URL.parse(url)
    ?.pathname.split('/')
    .findLast((part) => part !== '') ?? '';

/** Returns the name of a folder or archive as the service accepts it. */
export const datasetNameOf = (path: string): string => defaultName(resolve(path), ARCHIVE);

async function addData(context: Context, path: string, options: AddOptions): Promise<void> {
  const { client, output, signal } = context;
  const isUrl = ADDRESS.test(path);
  if (!isUrl) requirePath(path);
  if (!isUrl && options.sha256 !== undefined)
    throw usageError('--sha256 is for addresses.', 'The file is sent as it is.');
  const name = options.name ?? datasetNameOf(isUrl ? fileOfUrl(path) : path);
  if (name === '') throw usageError(`No name follows from ${path}.`, 'Give one with --name.');
  const query = queryOf(options);
  const line = createProgressLine(output.stderr, output.isLive);
  const startedAt = Date.now();
  const onProgress = (sent: number, total: number): void =>
    line.update((columns) => uploadLine(name, sent, total, (Date.now() - startedAt) / 1000, columns));
  const onImport = (status: ImportStatus): void => line.update((columns) => importLine(status, columns));
  const { datasets, service } = await client();
  // A service that cannot be reached, or refuses the key, says so before anything is sent.
  await service.version({ signal });
  try {
    const dataset = await datasets.import(name, isUrl ? { url: path, sha256: options.sha256 } : path, {
      ...query,
      onProgress,
      onImport,
      signal,
    } as never);
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
    throw usageError(
      `The folder ${path} has no files.`,
      'It needs one folder of images for each class, or a file metadata.csv that names the classes.',
    );
  if (!found.isDirectory() && !ARCHIVE.test(path))
    throw usageError(
      `${path} is neither a folder nor a ZIP, tar or npz file.`,
      'It needs one folder of images for each class, or a file metadata.csv that names the classes.',
    );
}

const queryOf = ({ side, channels, background, onError, testShare, ...options }: AddOptions): object => ({
  ...(side !== undefined && { side: numberOf('--side', side) }),
  ...(channels !== undefined && { channels: Number(channels) }),
  ...(background !== undefined && { background }),
  ...(options.fit !== undefined && { fit: options.fit }),
  ...(options.cropShare !== undefined && { cropShare: numberOf('--crop-share', options.cropShare) }),
  ...(options.interpolation !== undefined && { interpolation: options.interpolation }),
  ...(options.antialias === false && { antialias: false }),
  ...(options.decoding !== undefined && { decoding: options.decoding }),
  ...(onError !== undefined && { onError }),
  ...(options.onLeak !== undefined && { onLeak: options.onLeak }),
  ...(testShare !== undefined && { testShare: numberOf('--test-share', testShare) }),
  ...(options.validationShare !== undefined && {
    validationShare: numberOf('--validation-share', options.validationShare),
  }),
  ...(options.stratified === false && { stratified: false }),
  ...(options.groups !== undefined && { groups: options.groups }),
  ...(options.seed !== undefined && { seed: numberOf('--seed', options.seed) }),
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
  const left = sent > 0 && seconds > 1 ? `  ${leftText((seconds * (total - sent)) / sent)}` : '';
  return `${name}  ${bar(share, Math.max(10, Math.min(40, columns - 50)))}  ${bytesText(sent)} of ${bytesText(total)}${left}`;
}

function importLine({ name, images, state, bytes, totalBytes }: ImportStatus, columns: number): string {
  if (state === 'uploading')
    return `${name}: the service has fetched ${bytesText(bytes)}${totalBytes === undefined ? '' : ` of ${bytesText(totalBytes)}`} …`;
  if (images === undefined) return `${name}: waiting for another import …`;
  const { done, total, leftOut } = images;
  const rest = leftOut > 0 ? `, ${countText(leftOut)} files left out` : '';
  return `${name}  ${bar(done / total, Math.max(10, Math.min(40, columns - 60)))}  ${countText(done)} of ${countText(total)} images read${rest}`;
}

function showAdded(context: Context, dataset: Dataset) {
  const { output } = context;
  if (output.json || output.quiet) return showData(context, dataset);
  showData(context, dataset);
  const { warnings = [] } = dataset.imported ?? {};
  for (const warning of warnings) output.note(output.paintNote('yellow', printable(commandWords(warning))));
  if (warnings.length > 0) output.note(`See the report: trainyard data show ${dataset.name} --report`);
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
      ['fit', imported && fitText(imported)],
      ['splits', imported && splitsText(imported)],
      ['classes', `${count}: ${classes.slice(0, 10).join(', ')}${count > 10 ? ', …' : ''}`],
      ['imported', imported && relativeTime(imported.at)],
      ['left out', imported?.leftOut && leftOutText(imported.leftOut)],
      ['same pixels', dataset.duplicates && groupsText(dataset.duplicates)],
    ]),
  );
  output.lines(classLines(dataset, output.columns));
}

/** Returns the preprocessing of a data set as a text: the fit, then each option that is not the default. */
function fitText({ fit = 'contain', cropShare, background, ...pixels }: NonNullable<Dataset['imported']>): string {
  const shape = fit === 'resize-crop' ? `resize-crop ${cropShare}` : fit;
  const { decoding, interpolation, antialias } = pixels;
  const place = fit === 'contain' ? `on ${background ?? 'black'}` : undefined;
  return [shape, place, interpolation, antialias === false ? 'not antialiased' : undefined, decoding]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** Returns how the splits came about, if they were drawn or come from a manifest. */
function splitsText({ testShare, validationShare, ...imported }: NonNullable<Dataset['imported']>): string | undefined {
  const { stratified, groups, seed, manifests } = imported;
  const parts = [
    manifests && `from ${manifests.join(', ')}`,
    testShare && `test drawn (${testShare})`,
    validationShare && `validation drawn (${validationShare})`,
    stratified === false && 'not stratified',
    groups && `groups by ${groups}`,
    seed && `seed ${seed}`,
  ].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Classes that `data show` lists. */
const MAX_CLASSES = 50;

/** Returns a table of the images of each class. */
function classLines({ classes, counts }: Dataset, width: number | undefined): string[] {
  const splits = (['train', 'validation', 'test'] as const).filter((split) => counts[split] !== undefined);
  const columns = [{ title: 'class', shrinks: true }, ...splits.map((title) => ({ title, align: 'right' }) as const)];
  const rows = classes
    .slice(0, MAX_CLASSES)
    .map((name, label) => [name, ...splits.map((split) => countText(counts[split]?.[label] ?? 0))]);
  const more = classes.length - MAX_CLASSES;
  return ['', ...tableLines(columns, rows, width), ...(more > 0 ? [`… and ${countText(more)} more`] : [])];
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
  imported ? relativeTime(imported.at) : 'built in',
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
