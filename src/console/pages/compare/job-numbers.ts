/** Fields of jobs as rows of a comparison, and the numbers among them. */
import type { Job } from 'trainyard';
import { bytes, count, duration, measured, NONE, percent, setting } from '../../components/format.js';

export type FieldRow = Readonly<{ field: string; values: readonly string[]; differs: boolean }>;

/** Returns every field of the specs, nested ones as `optimizer.learningRate`, with the text of each job's value. */
export function specRows(jobs: readonly Job[]): readonly FieldRow[] {
  const flat = jobs.map(({ spec, priority, metadata }) => new Map(flatten({ ...spec, priority, metadata })));
  const fields = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return fields.map((field) => {
    const values = flat.map((each) => textOf(each.get(field)));
    return { field, values, differs: new Set(values).size > 1 };
  });
}

function flatten(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, part]) => flatten(part, path === '' ? key : `${path}.${key}`));
}

function textOf(value: unknown): string {
  if (value === undefined) return NONE;
  if (value === null) return 'none';
  if (typeof value === 'number') return setting(value);
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** A number of a job that a scatter can show. */
export type JobNumber = Readonly<{
  id: string;
  title: string;
  of: (job: Job) => number | undefined;
  format: (value: number) => string;
  isOfSpec?: boolean;
}>;

const secondsOf = ({ startedAt, endedAt }: Job): number | undefined =>
  startedAt && endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000 : undefined;

const share = (value: number): string => percent(value);

const RESULTS: readonly JobNumber[] = [
  { id: 'test', title: 'Test accuracy', of: ({ scores }) => scores?.testAccuracy, format: share },
  { id: 'testLoss', title: 'Test loss', of: ({ scores }) => scores?.testLoss, format: measured },
  {
    id: 'best',
    title: 'Best validation accuracy',
    of: ({ bestScores }) => bestScores?.validationAccuracy,
    format: share,
  },
  {
    id: 'bestLoss',
    title: 'Validation loss of the best epoch',
    of: ({ bestScores }) => bestScores?.validationLoss,
    format: measured,
  },
  {
    id: 'bestMacroF1',
    title: 'Validation macro-F1 of the best epoch',
    of: ({ bestScores }) => bestScores?.validationMacroF1,
    format: share,
  },
  {
    id: 'bestBalanced',
    title: 'Validation balanced accuracy of the best epoch',
    of: ({ bestScores }) => bestScores?.validationBalancedAccuracy,
    format: share,
  },
  { id: 'testTop5', title: 'Test top-5 accuracy', of: ({ scores }) => scores?.testTop5Accuracy, format: share },
  { id: 'train', title: 'Train accuracy', of: ({ scores }) => scores?.trainAccuracy, format: share },
  { id: 'trainLoss', title: 'Train loss', of: ({ scores }) => scores?.trainLoss, format: measured },
  { id: 'seconds', title: 'Duration', of: secondsOf, format: duration },
  { id: 'speed', title: 'Images per second', of: ({ progress }) => progress?.imagesPerSecond, format: count },
];

/** Returns the numbers that at least one job has: results first, then those of the spec. */
export function jobNumbers(jobs: readonly Job[]): readonly JobNumber[] {
  const paths = new Set(
    jobs.flatMap(({ spec }) => flatten(spec).flatMap(([path, value]) => (typeof value === 'number' ? [path] : []))),
  );
  const ofSpec = [...paths].map(
    (path): JobNumber => ({
      id: path,
      title: path,
      isOfSpec: true,
      format: path.endsWith('Bytes') ? bytes : setting,
      of: ({ spec }) => {
        const value = flatten(spec).find(([key]) => key === path)?.[1];
        return typeof value === 'number' ? value : undefined;
      },
    }),
  );
  return [...RESULTS, ...ofSpec].filter(({ of }) => jobs.some((job) => of(job) !== undefined));
}
