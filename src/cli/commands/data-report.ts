/** `trainyard data show --report` and `--list`: what is wrong with a data set, and the files behind it. */
import type { BlankImage, DatasetReport, DuplicateGroup, LeftOutFile } from '../../client/index.js';
import type { Context } from '../context.js';
import { counted, countText, percent } from '../output/numbers-text.js';
import { factLines, tableLines } from '../output/table.js';
import { printable } from '../output/text-width.js';
import { commandWords } from '../service-words.js';

/** Lists of files: their groups of duplicates, if they are some. */
const GROUPS = {
  leaks: { match: 'same', kind: 'leak' },
  conflicts: { match: 'same', kind: 'conflict' },
  copies: { match: 'same', kind: 'copy' },
  'near-leaks': { match: 'near', kind: 'leak' },
  'near-conflicts': { match: 'near', kind: 'conflict' },
  'near-copies': { match: 'near', kind: 'copy' },
} as const;
export const LISTS = [...(Object.keys(GROUPS) as (keyof typeof GROUPS)[]), 'blank', 'left-out'] as const;
export type List = (typeof LISTS)[number];

/** Prints the report: findings, sizes, and numbers of images. */
export async function showReport({ client, output, signal }: Context, name: string): Promise<void> {
  const { datasets } = await client();
  const report = await datasets.report(name, { signal });
  if (output.json) return output.value(report);
  if (output.quiet) return output.lines(report.findings.map(({ code }) => code));
  const findings = report.findings.map(({ level, message }) => printable(`${level}: ${commandWords(message)}`));
  output.lines(findings.length === 0 ? [NOTHING_FOUND] : findings);
  output.lines(['', ...factLines(factsOf(report))]);
}

const NOTHING_FOUND = 'Nothing is wrong with the images as far as the import can tell.';

function factsOf({ counts, imbalance, sizes, blank, same, near, leftOut }: DatasetReport) {
  const total = (each: readonly number[]): number => each.reduce((sum, count) => sum + count, 0);
  const { train, validation, test } = counts;
  return [
    [
      'images',
      `${countText(total(train))} train${validation ? `, ${countText(total(validation))} validation` : ''}, ${countText(total(test))} test`,
    ],
    ['classes', balanceText(imbalance)],
    ['width', sizes && rangeText(sizes.width, ' px')],
    ['height', sizes && rangeText(sizes.height, ' px')],
    ['aspect', sizes && rangeText(sizes.aspect, '')],
    ['enlarged', sizes && `${countText(sizes.enlarged)} (${percent(sizes.enlarged / sizes.images)})`],
    ['show nothing', blank && countText(blank.images)],
    ['same pixels', same && groupsText(same)],
    ['look alike', near && groupsText(near)],
    ['left out', leftOut && countText(leftOut.files)],
  ] as const;
}

const balanceText = ({ ratio, largest, smallest }: DatasetReport['imbalance']): string =>
  largest.images === smallest.images
    ? `balanced, ${counted(largest.images, 'training image')} each`
    : `${largest.class} ${countText(largest.images)} to ${smallest.class} ${countText(smallest.images)} (${ratio} : 1)`;

type Sizes = NonNullable<DatasetReport['sizes']>;

const rangeText = ({ min, p5, median, p95, max }: Sizes['width'], unit: string): string =>
  `${min} to ${max}${unit}, median ${median}, 90 % of them ${p5} to ${p95}`;

type Groups = Pick<
  NonNullable<DatasetReport['same']>,
  'groups' | 'images' | 'leakedTest' | 'leakedValidation' | 'conflicts'
>;

/** Returns numbers of images that occur several times. */
export function groupsText({ groups, images, leakedTest, leakedValidation, conflicts }: Groups): string {
  if (groups === 0) return 'none';
  const parts = [
    `${counted(images, 'image')} in ${counted(groups, 'group')}`,
    ...(leakedTest > 0 ? [`${counted(leakedTest, 'test image')} seen in training`] : []),
    ...(leakedValidation > 0 ? [`${counted(leakedValidation, 'validation image')} seen in training`] : []),
    ...(conflicts > 0 ? [`${counted(conflicts, 'group')} in several classes`] : []),
  ];
  return parts.join(', ');
}

const GROUP_COLUMNS = [
  { title: 'group', align: 'right' },
  { title: 'split' },
  { title: 'class' },
  { title: 'file' },
] as const;
const BLANK_COLUMNS = [{ title: 'split' }, { title: 'class' }, { title: 'colour' }, { title: 'file' }] as const;
const LEFT_OUT_COLUMNS = [{ title: 'file' }, { title: 'reason' }] as const;

/** Prints every file of a list. Files are printed whole: a narrow terminal wraps them. */
export async function showList(context: Context, name: string, list: List): Promise<void> {
  const { client, signal } = context;
  const { datasets } = await client();
  if (list === 'blank')
    return print(context, datasets.blankImages(name, { signal }), BLANK_COLUMNS, (image: BlankImage) => [
      [image.split, image.class, image.transparent ? `${image.colour}, transparent` : image.colour, image.path],
    ]);
  if (list === 'left-out')
    return print(context, datasets.leftOut(name, { signal }), LEFT_OUT_COLUMNS, ({ path, reason }: LeftOutFile) => [
      [path, reason],
    ]);
  return print(context, datasets.duplicates(name, { ...GROUPS[list], signal }), GROUP_COLUMNS, groupRows);
}

const groupRows = ({ images, count }: DuplicateGroup, group: number): string[][] => [
  ...images.map(({ split, class: of, path }) => [String(group + 1), split, of, path]),
  ...(count > images.length ? [[String(group + 1), '', '', `and ${countText(count - images.length)} more`]] : []),
];

async function print<Item>(
  { output }: Context,
  items: AsyncIterable<Item>,
  columns: Parameters<typeof tableLines>[0],
  rowsOf: (item: Item, index: number) => string[][],
): Promise<void> {
  const rows: string[][] = [];
  const file = columns.findIndex(({ title }) => title === 'file');
  let index = 0;
  for await (const item of items) {
    if (output.json) output.value(item);
    else {
      const found = rowsOf(item, index++);
      if (output.quiet) for (const row of found) output.line(printable(row[file] ?? ''));
      else rows.push(...found);
    }
  }
  if (output.json || output.quiet) return;
  if (rows.length === 0) return output.note('There are none.');
  output.lines(tableLines(columns, rows, undefined));
}
