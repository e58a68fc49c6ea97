/** Report on a data set: written at its import, completed by what its description and statistics say. */
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import type { DatasetInfo } from '../../contracts/datasets/dataset.js';
import { type DuplicateCounts, type ImageCounts, SPLIT_NAMES } from '../../contracts/datasets/dataset-content.js';
import {
  type BlankCounts,
  type BlankQuery,
  type DatasetReport,
  type NearDuplicateCounts,
  StoredReport,
} from '../../contracts/datasets/dataset-report.js';
import { readText } from '../../files/bounded-reads.js';
import { writeDurably } from '../../files/durable.js';
import { hasCode } from '../../files/error-codes.js';
import { corrupt } from '../idx.js';
import { readJsonLines } from '../json-lines.js';
import {
  countGroups,
  DUPLICATES_FILE,
  NEAR_DUPLICATES_FILE,
  nearGroups,
  sameGroups,
  writeGroups,
} from './duplicate-groups.js';
import { findingsOf } from './findings.js';
import { testLeaks, writeLeaks } from './leaks.js';
import { originalSizes } from './original-sizes.js';
import type { BlankPlace, Survey } from './survey.js';
import type { Twins } from './twins.js';

export const REPORT_FILE = 'report.json';
export const BLANK_FILE = 'blank.jsonl';

const schema = Compile(StoredReport);

type Surveyed = Readonly<{
  survey: Survey;
  twins: Twins;
  /** Side of the stored images, in pixels. */
  side: number;
  hasValidation: boolean;
  resolvedLeaks: StoredReport['resolvedLeaks'];
}>;

/** Writes the report of a new data set and its lists into its folder. */
export async function writeReport(
  folder: string,
  { survey, twins, side, hasValidation, resolvedLeaks }: Surveyed,
): Promise<Readonly<{ report: StoredReport; same: DuplicateCounts }>> {
  const [same, near] = [sameGroups(survey), nearGroups(survey, twins)];
  await writeGroups(join(folder, DUPLICATES_FILE), same);
  await writeGroups(join(folder, NEAR_DUPLICATES_FILE), near);
  await writeLeaks(folder, testLeaks(survey, twins));
  const blank = survey.blank();
  const sizes = originalSizes(survey, side);
  await writeDurably(
    join(folder, BLANK_FILE),
    inOrder(blank)
      .map((image) => `${JSON.stringify(image)}\n`)
      .join(''),
  );
  const report: StoredReport = {
    format: 1,
    ...(sizes && { sizes }),
    blank: countBlank(blank, hasValidation),
    near: { ...countGroups(near), ...nearLeaks(survey, twins), isComplete: twins.isComplete },
    ...(resolvedLeaks && { resolvedLeaks }),
  };
  await writeDurably(join(folder, REPORT_FILE), JSON.stringify(report));
  return { report, same: countGroups(same) };
}

const inOrder = (blank: readonly BlankPlace[]): BlankPlace[] =>
  blank.toSorted((a, b) => SPLIT_NAMES.indexOf(a.split) - SPLIT_NAMES.indexOf(b.split) || a.index - b.index);

function countBlank(blank: readonly BlankPlace[], hasValidation: boolean): BlankCounts {
  const inSplit = { train: 0, validation: 0, test: 0 };
  for (const { split } of blank) inSplit[split] += 1;
  const { validation, ...others } = inSplit;
  return {
    images: blank.length,
    ...others,
    ...(hasValidation && { validation }),
    transparent: blank.filter(({ transparent }) => transparent).length,
  };
}

/** Counts images with a near duplicate in a split that is trained on more, and no image with the same pixels there. */
function nearLeaks(survey: Survey, twins: Twins): Pick<NearDuplicateCounts, 'leakedTest' | 'leakedValidation'> {
  const leaks = SPLIT_NAMES.map(() => 0);
  for (const [image, split] of survey.splitOf().entries()) {
    const before = (1 << split) - 1;
    if ((twins.sameSplits(image) & before) === 0 && (twins.nearSplits(image) & before) > 0)
      leaks[split] = (leaks[split] ?? 0) + 1;
  }
  return { leakedTest: leaks[SPLIT_NAMES.indexOf('test')] ?? 0, leakedValidation: leaks[1] ?? 0 };
}

/** Reads the report in a data set's folder. Undefined if an earlier version imported it. Throws `dataset_corrupt`. */
export async function readReport(folder: string): Promise<StoredReport | undefined> {
  const path = join(folder, REPORT_FILE);
  const text = await readText(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw corrupt(path, 'it cannot be read', cause);
  });
  if (text === undefined) return undefined;
  try {
    const report: unknown = JSON.parse(text);
    if (schema.Check(report)) return report;
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause);
  }
  throw corrupt(path, 'it has no report of a data set');
}

type KnownParts = Readonly<{
  info: Pick<DatasetInfo, 'name' | 'classes' | 'imported'>;
  counts: ImageCounts;
  same: DuplicateCounts | undefined;
  stored: StoredReport | undefined;
}>;

/** Returns the report of all that is known about a data set. */
export function composeReport({ info, counts, same, stored }: KnownParts): DatasetReport {
  const { format: _, ...facts } = stored ?? { format: 1 };
  const leftOut = info.imported?.leftOut ?? (info.imported && { files: 0, groups: [] });
  const known = {
    name: info.name,
    counts,
    imbalance: imbalanceOf(info.classes, counts),
    ...facts,
    ...(same && { same }),
    ...(leftOut && { leftOut }),
  };
  const { name, ...rest } = known;
  return { name, findings: findingsOf(known), ...rest };
}

function imbalanceOf(classes: readonly string[], { train }: ImageCounts): DatasetReport['imbalance'] {
  const [most, least] = [Math.max(...train), Math.min(...train)];
  const classOf = (images: number) => ({ class: classes[train.indexOf(images)] ?? '', images });
  const ratio = Math.round((100 * most) / Math.max(1, least)) / 100;
  return { ratio: Math.max(1, ratio), largest: classOf(most), smallest: classOf(least) };
}

/** Returns a page of the images that show nothing. Data sets of earlier versions have no list. */
export async function readBlank(folder: string, query: BlankQuery) {
  const { lines = [], ...next } = (await readJsonLines<BlankPlace>(join(folder, BLANK_FILE), query)) ?? {};
  return { images: lines, ...next };
}
