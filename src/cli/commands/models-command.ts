/** `trainyard models`: imports, lists, compares, labels, exports and deletes models. */
import { Argument, type Command, Option } from 'commander';
import type { Evaluation, LabelRequest, SplitName } from '../../client/index.js';
import { EVALUATION_METRICS, TRAINING_METRICS } from '../../contracts/models/gate-metrics.js';
import { relativeTime } from '../../wording/time-text.js';
import { confirm } from '../confirm.js';
import { type Context, openContext } from '../context.js';
import { CliError, EXIT, usageError } from '../exit-codes.js';
import { saveExport } from '../export-file.js';
import { findModel, MODEL_FORM, splitReference } from '../find-model.js';
import { modelText } from '../job-text.js';
import { leaksText } from '../leaks-text.js';
import { bytesText, countText, percent } from '../output/numbers-text.js';
import { factLines, tableLines } from '../output/table.js';
import { SPLITS } from '../splits.js';
import { registerAddModel } from './add-model.js';
import { registerDiff } from './diff-models.js';

const FORMATS = ['savedmodel', 'tfjs', 'onnx', 'safetensors'] as const;

export function registerModels(program: Command): void {
  const models = program
    .command('models')
    .summary('import, list, compare, label and export models')
    .description('Import weights, list and compare models, move their labels, export and delete them.');
  registerAddModel(models);
  registerReading(models);
  registerDiff(models);
  registerLabels(models);
  registerFiles(models);
}

function registerReading(models: Command): void {
  models
    .command('ls')
    .description('List models with their newest version and labels.')
    .action((_: object, command: Command) => listModels(openContext(command)));
  models
    .command('show')
    .description('Show a version: its origin, scores, labels and files.')
    .argument('<model>', MODEL_FORM)
    .action((reference: string, _: object, command: Command) => showModel(openContext(command), reference));
}

type LabelOptions = Readonly<{
  gate?: NonNullable<LabelRequest['gate']>['metric'];
  minDelta?: string;
  data?: string;
  split?: SplitName;
  remove?: boolean;
}>;

function registerLabels(models: Command): void {
  models
    .command('label')
    .description('Move a label to a version. With --gate, only if its score is better than that of the current one.')
    .argument('<model>', 'name@3; with --remove the name')
    .argument('[label]', 'for example stable')
    .addOption(
      new Option('--gate <metric>', 'score that must be better').choices([...TRAINING_METRICS, ...EVALUATION_METRICS]),
    )
    .option('--min-delta <number>', 'by how much the score must be better')
    .option('--data <data set>', `compare evaluations on this data set, by ${EVALUATION_METRICS.join(', ')}`)
    .addOption(new Option('--split <split>', 'images of the data set (default: test)').choices(SPLITS))
    .option('--remove', 'remove the label')
    .action((reference: string, label: string | undefined, options: LabelOptions, command: Command) =>
      moveLabel(openContext(command), reference, label, options),
    );
  models
    .command('rollback')
    .description('Move a label back to the version that it had before.')
    .argument('<model>', 'name@label, for example boots@stable')
    .argument('[label]', 'the label, if the model has none')
    .action(async (reference: string, label: string | undefined, _: object, command: Command) => {
      const context = openContext(command);
      const { name, label: tag } = splitLabel(reference, label);
      const { models } = await context.client();
      showLabel(context, await models.rollback(name, tag, { signal: context.signal }));
    });
}

type ExportOptions = Readonly<{ format: string; output?: string; force?: boolean }>;

function registerFiles(models: Command): void {
  models
    .command('export')
    .description('Save a version as a file for other tools.')
    .argument('<model>', MODEL_FORM)
    .addOption(new Option('--format <format>', 'format of the file').choices(FORMATS).default('onnx'))
    .option('-o, --output <file>', 'file to write; - writes to stdout (default: the name that the service gives)')
    .option('--force', 'replace the file if it exists')
    .action(async (reference: string, options: ExportOptions, command: Command) => {
      const context = openContext(command);
      await saveExport(context, await findModel(context, reference), options);
    });
  models
    .command('rm')
    .description('Delete a version, or with --all a model with all its versions.')
    .addArgument(new Argument('<model>', 'name@3; with --all the name'))
    .option('--all', 'delete all versions')
    .option('-y, --yes', 'delete without a question')
    .action((reference: string, options: { all?: boolean; yes?: boolean }, command: Command) =>
      removeModel(openContext(command), reference, options),
    );
}

async function listModels({ client, output, signal }: Context): Promise<void> {
  const { models } = await client();
  const rows: string[][] = [];
  for await (const model of models.list({ signal })) {
    const { name, labels, latest } = model;
    if (output.json) output.value(model);
    else if (output.quiet) output.line(name);
    else
      rows.push([
        `${name}@${latest.version}`,
        Object.entries(labels)
          .map(([label, version]) => `${label}=${version}`)
          .join(' '),
        latest.spec.network,
        dataText(latest.spec),
        latest.scores ? percent(latest.scores.testAccuracy) : '',
        relativeTime(latest.createdAt),
      ]);
  }
  if (output.json || output.quiet) return;
  if (rows.length === 0) output.note('There is no model yet. Train one with `trainyard train resnet --follow`.');
  else output.lines(tableLines(MODEL_COLUMNS, rows, output.columns));
}

/** Returns the name of the data set that a model was trained on. The service calls that of imported weights `unknown`. */
const dataText = ({ dataset }: Readonly<{ dataset: Readonly<{ name: string }> }>): string =>
  dataset.name === 'unknown' ? 'imported weights' : dataset.name;

const MODEL_COLUMNS = [
  { title: 'newest', shrinks: true },
  { title: 'labels' },
  { title: 'network' },
  { title: 'data' },
  { title: 'test', align: 'right' },
  { title: 'created' },
] as const;

async function showModel(context: Context, reference: string): Promise<void> {
  const { client, output, signal } = context;
  const { name, version } = await findModel(context, reference);
  const { models } = await client();
  const found = await models.version(name, version, { signal });
  if (output.json) return output.value(found);
  if (output.quiet) return output.line(`${name}@${version}`);
  const { manifest, labels, state, files } = found;
  const evaluation = await models.evaluation(name, version, { signal });
  const { scores, spec, classes } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  output.lines(
    factLines([
      ['model', modelText(manifest)],
      ['labels', labels.length > 0 ? labels.join(', ') : undefined],
      ['network', `${spec.network}, ${countText(manifest.parameters)} parameters`],
      ['data', `${dataText(spec)} at ${spec.dataset.resize} px, ${classes.length} classes`],
      ['classes', classes.slice(0, 10).join(', ') + (classes.length > 10 ? ', …' : '')],
      ['test', scores && `accuracy ${percent(scores.testAccuracy)}, loss ${scores.testLoss.toFixed(3)}`],
      ['without leaks', evaluation?.leaks && leaksText(evaluation.leaks)],
      ['job', manifest.jobId],
      ['created', relativeTime(manifest.createdAt)],
      [
        'state',
        `${state.loaded ? 'loaded' : 'not loaded'} (${state.runtime})${state.refused ? `, refused: ${state.refused.message}` : ''}`,
      ],
      ['files', `${files.length}, ${bytesText(bytes)}`],
      ['predict', `trainyard predict <image> --model ${name}@${version}`],
    ]),
  );
  output.lines(mistakeLines(evaluation?.confused ?? []));
}

/** Mistakes that `models show` lists. */
const MAX_MISTAKES = 5;

/** Returns the most confident mistakes whose files are known. */
function mistakeLines(confused: Evaluation['confused']): string[] {
  const rows = confused
    .filter(({ path }) => path !== undefined)
    .slice(0, MAX_MISTAKES)
    .map(({ path = '', label, predicted, probability }) => [path, label, predicted, percent(probability)]);
  if (rows.length === 0) return [];
  const columns = [{ title: 'mistake' }, { title: 'class' }, { title: 'predicted' }, { title: 'probability' }];
  return ['', ...tableLines(columns, rows, undefined)];
}

/** Returns name and label of `boots@stable`, or of `boots stable`. Throws a usage error if there is no label. */
function splitLabel(reference: string, word: string | undefined): Readonly<{ name: string; label: string }> {
  const { name, tag } = splitReference(reference);
  const label = word ?? tag;
  if (label === undefined || /^\d/.test(label))
    throw usageError(`${reference} names no label.`, `Write ${name}@<label>, for example ${name}@stable.`);
  return { name, label };
}

async function moveLabel(
  context: Context,
  reference: string,
  word: string | undefined,
  options: LabelOptions,
): Promise<void> {
  const { client, output, signal } = context;
  const { models } = await client();
  if (options.remove) {
    const { name, label } = splitLabel(reference, word);
    await models.removeLabel(name, label, { signal });
    if (output.json) return output.value({ deleted: `${name}@${label}` });
    return output.note(`Removed the label ${label}.`);
  }
  if (word === undefined)
    throw usageError(
      'models label needs a version and a label.',
      'For example: trainyard models label boots@3 stable.',
    );
  const gate = readGate(options);
  const { name, version } = await findModel(context, reference);
  showLabel(context, await models.moveLabel(name, word, { version, ...(gate && { gate }) }, { signal }));
}

/** Returns the gate that the options describe; undefined without `--gate`. Throws a usage error if they do not fit together. */
function readGate({ gate, minDelta, data, split }: LabelOptions): LabelRequest['gate'] {
  const details = { '--min-delta': minDelta, '--data': data, '--split': split };
  const [detail] = Object.entries(details).find(([, value]) => value !== undefined) ?? [];
  if (gate === undefined && detail !== undefined) throw usageError(`${detail} needs --gate.`);
  if (gate === undefined) return undefined;
  if (minDelta !== undefined && !(Number(minDelta) >= 0))
    throw usageError(`--min-delta must be a number from 0 (got ${minDelta}).`);
  return {
    metric: gate,
    ...(minDelta !== undefined && { minDelta: Number(minDelta) }),
    ...(data !== undefined && { dataset: data }),
    ...(split !== undefined && { split }),
  };
}

function showLabel({ output }: Context, state: Readonly<{ name: string; label: string; version: number | null }>) {
  if (output.json) return output.value(state);
  if (output.quiet) return output.lines(state.version === null ? [] : [`${state.name}@${state.version}`]);
  output.line(`${state.name}@${state.label} is version ${state.version ?? 'none'}`);
}

async function removeModel(
  context: Context,
  reference: string,
  { all, yes }: { all?: boolean; yes?: boolean },
): Promise<void> {
  const { client, output, signal } = context;
  const { name, tag } = splitReference(reference);
  if (!all && tag === undefined)
    throw usageError(`${reference} names no version.`, `Write ${name}@<version>, or --all for every version.`);
  const version = all ? undefined : (await findModel(context, reference)).version;
  const what = version === undefined ? `all versions of ${name}` : `${name}@${version}`;
  if (!(await confirm(context, `Delete ${what}?`, yes ?? false)))
    throw new CliError(EXIT.failed, 'Nothing was deleted.');
  const { models } = await client();
  await models.delete(name, version, { signal });
  if (output.json) output.value({ deleted: version === undefined ? name : `${name}@${version}` });
  else output.note(`Deleted ${what}.`);
}
