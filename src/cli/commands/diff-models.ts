/** `trainyard models diff`: the settings that differ between two versions, or their predictions on a data set. */
import { type Command, Option } from 'commander';
import type { DatasetComparison, SplitName } from '../../client/index.js';
import { type Context, openContext } from '../context.js';
import { usageError } from '../exit-codes.js';
import { findModel, MODEL_FORM, type ModelVersionName } from '../find-model.js';
import { differences } from '../flatten.js';
import { counted, countText, percent } from '../output/numbers-text.js';
import { factLines, tableLines } from '../output/table.js';
import { SPLITS } from '../splits.js';

type Options = Readonly<{ data?: string; split?: SplitName }>;
type Versions = readonly [ModelVersionName, ModelVersionName];

export function registerDiff(models: Command): void {
  models
    .command('diff')
    .description(
      'Show the settings and scores that differ between two versions. With --data, compare their evaluations on a data set image by image.',
    )
    .argument('<model>', MODEL_FORM)
    .argument('<other>', MODEL_FORM)
    .option('--data <data set>', 'data set on which both were evaluated')
    .addOption(new Option('--split <split>', 'images of the data set (default: test)').choices(SPLITS))
    .action(async (left: string, right: string, options: Options, command: Command) => {
      const context = openContext(command);
      const { data, split = 'test' } = options;
      if (data === undefined && options.split !== undefined) throw usageError('--split needs --data.');
      const versions: Versions = [await findModel(context, left), await findModel(context, right)];
      if (data === undefined) await diffModels(context, versions);
      else await comparePredictions(context, versions, { dataset: data, split });
    });
}

/** Prints the settings and scores that differ between two versions. */
async function diffModels(context: Context, names: Versions): Promise<void> {
  const { client, output, signal } = context;
  const { models } = await client();
  const [a, b] = await Promise.all(names.map(({ name, version }) => models.version(name, version, { signal })));
  if (a === undefined || b === undefined) return;
  const comparable = ({
    manifest: { spec, scores, parameters, steps, temperature, classes, datasetSha256 },
  }: typeof a): object => ({
    ...spec,
    parameters,
    classes,
    ...(steps !== undefined && { steps }),
    ...(temperature !== undefined && { temperature }),
    ...(datasetSha256 !== undefined && { datasetSha256: datasetSha256.slice(0, 12) }),
    scores: scores ?? {},
  });
  const found = differences(comparable(a), comparable(b));
  if (output.json) return void found.forEach(output.value);
  if (found.length === 0) return output.note('The settings and scores are equal.');
  const titles = names.map(referenceOf);
  const columns = [{ title: 'field' }, { title: titles[0] ?? '' }, { title: titles[1] ?? '', shrinks: true }];
  output.lines(
    tableLines(
      columns,
      found.map(({ field, values: [x, y] }) => [field, x ?? '–', y ?? '–']),
      output.columns,
    ),
  );
}

type Split = Readonly<{ dataset: string; split: SplitName }>;

/** Prints how the predictions of two versions differ on a data set. */
async function comparePredictions(
  { client, output, signal }: Context,
  versions: Versions,
  { dataset, split }: Split,
): Promise<void> {
  const { evaluations } = await client();
  const [before, after] = [referenceOf(versions[0]), referenceOf(versions[1])];
  const query = { with: before, dataset, split, limit: MAX_CHANGED, signal };
  const comparison = await evaluations.compare(versions[1].name, versions[1].version, query);
  if (output.json) return output.value(comparison);
  if (output.quiet) return output.line(String(comparison.difference));
  output.lines(comparisonLines(comparison, [before, after], { dataset, split }));
}

/** Maximum number of listed images that changed sides. */
const MAX_CHANGED = 10;

function comparisonLines(
  { bothRight, fixed, broken, bothWrong, difference, interval, pValue, test, images }: DatasetComparison,
  [before, after]: readonly [string, string],
  { dataset, split }: Split,
): string[] {
  const total = bothRight + fixed + broken + bothWrong;
  const facts = factLines([
    ['data', `${dataset}, ${countText(total)} ${split} images`],
    [before, `accuracy ${percent((bothRight + broken) / total)}`],
    [after, `accuracy ${percent((bothRight + fixed) / total)}`],
    [
      'difference',
      `${points(difference)} points, ${percentOf(interval.level)} interval ${points(interval.low)} to ${points(interval.high)}`,
    ],
    ['only one right', `${after}: ${counted(fixed, 'image')}, ${before}: ${counted(broken, 'image')}`],
    ['both', `right: ${counted(bothRight, 'image')}, wrong: ${counted(bothWrong, 'image')}`],
    ['p value', `${pValue.toPrecision(2)} (McNemar, ${test})`],
  ]);
  if (images.length === 0) return facts;
  const rows = images.map(({ image, path, actual, before: was, after: is }) => [
    path ?? String(image),
    ...[actual, was.predicted, is.predicted],
  ]);
  const columns = [{ title: 'image', shrinks: true }, { title: 'class' }, { title: before }, { title: after }];
  return [...facts, '', ...tableLines(columns, rows, undefined)];
}

/** Returns a difference of shares in percentage points, with its sign. */
const points = (share: number): string => `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)}`;

const percentOf = (level: number): string => `${Math.round(100 * level)} %`;

const referenceOf = ({ name, version }: ModelVersionName): string => `${name}@${version}`;
