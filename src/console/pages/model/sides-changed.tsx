/** Comparison of two versions on the same images: who is better, whether that is chance, and the images that changed sides. */
import {
  type ComparedPrediction,
  type DatasetComparison,
  type EvaluationComparison,
  isTrainyardError,
  type SplitName,
} from 'trainyard';
import { Button } from '../../components/button.js';
import { Segmented } from '../../components/field.js';
import { count, measured, percent } from '../../components/format.js';
import { FilePath } from '../../components/image-thumb.js';
import { imageOf, SPLIT_TITLES } from '../../components/split-text.js';
import { EmptyState, Loaded, Notice, withoutRoutes } from '../../components/states.js';
import { TestImages } from '../../components/test-picture.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryNumber, queryOneOf } from '../../router/router.js';

const KINDS = ['broken', 'fixed', 'bothWrong'] as const;
/** `auto`: the first kind that has images. */
const change = queryOneOf('change', ['auto', ...KINDS]);
const shown = queryNumber('images', 48);

type Kind = (typeof KINDS)[number];

/** Codes of the errors that trying again does not mend: a version has no evaluation, or they are of different images. */
const NOT_COMPARABLE: readonly string[] = ['evaluation_not_found', 'evaluation_mismatch'];

const TITLES = { broken: 'Broken', fixed: 'Fixed', bothWrong: 'Wrong in both' } as const;

export type ComparedVersions = Readonly<{ name: string; before: number; after: number }>;

/** Data set and split on which two versions are compared. Undefined: the test images of their trainings. */
export type ComparedSplit = Readonly<{ dataset: string; split: SplitName }>;

/** Only a comparison on a data set has the difference of the accuracies and its interval. */
type Comparison = EvaluationComparison & Partial<DatasetComparison>;

export function SidesChanged({ versions, on }: { versions: ComparedVersions; on: ComparedSplit | undefined }) {
  const { name, before, after } = versions;
  const [kind, limit] = [change.value, shown.value];
  const comparison = useResource(
    async (signal): Promise<{ kind: Kind; found: Comparison }> => {
      const compare = (wanted: Kind): Promise<Comparison> => {
        const options = { with: `${name}@${before}`, change: wanted, limit, signal };
        return on === undefined
          ? client.models.compareEvaluations(name, after, options)
          : client.evaluations.compare(name, after, { ...options, ...on });
      };
      const first = kind === 'auto' ? 'broken' : kind;
      const found = await compare(first);
      const next = kind === 'auto' ? (KINDS.find((each) => found[each] > 0) ?? first) : first;
      return { kind: next, found: next === first ? found : await compare(next) };
    },
    [name, before, after, kind, limit],
    { key: `model-comparison/${name}/${before}/${after}/${on ? `${on.dataset}/${on.split}` : ''}/${kind}/${limit}` },
  );
  const { value: error } = comparison.error;
  if (isTrainyardError(error) && NOT_COMPARABLE.includes(error.code))
    return <Notice tone="warn">{withoutRoutes(error.detail)}</Notice>;
  return (
    <Loaded resource={comparison}>
      {(loaded) => <Images kind={loaded.kind} comparison={loaded.found} versions={versions} />}
    </Loaded>
  );
}

type ImagesProps = Readonly<{ kind: Kind; comparison: Comparison; versions: ComparedVersions }>;

function Images({ kind, comparison, versions }: ImagesProps) {
  const { pictures, images, nextCursor, split = 'test' } = comparison;
  const limit = shown.value;
  return (
    <>
      <Verdict comparison={comparison} versions={versions} />
      <Segmented
        label="Kind of change"
        value={kind}
        onInput={(value) => change.push(value)}
        choices={KINDS.map((value) => ({
          value,
          title: `${TITLES[value]} · ${count(comparison[value])}`,
        }))}
      />
      {images.length === 0 ? (
        <EmptyState title={`No ${imageOf(split)}`} icon="check">{`There is none of this kind.`}</EmptyState>
      ) : (
        <TestImages
          pictures={pictures}
          split={split}
          images={images.map((image) => captionOf(image, split, versions))}
        />
      )}
      {nextCursor !== undefined && limit < 1_000 && (
        <div class="row">
          <Button onClick={() => (shown.value = Math.min(1_000, limit * 4))}>Show more</Button>
        </div>
      )}
    </>
  );
}

/** Says which version is better, by how much, and whether that is chance. */
function Verdict({ comparison, versions: { after } }: Omit<ImagesProps, 'kind'>) {
  const { fixed, broken, pValue, split = 'test', test = 'exact', difference, interval } = comparison;
  const chance = pValue < 0.05 ? 'The difference is hardly chance' : 'That may be chance';
  const form = test === 'exact' ? 'exact McNemar test' : 'McNemar test';
  return (
    <p>
      {`Version ${after} fixes ${count(fixed)} and breaks ${count(broken)} of ${count(totalOf(comparison))} ${imageOf(split)}s. `}
      {`${chance} (p = ${measured(pValue)}, ${form}).`}
      {difference !== undefined && interval !== undefined && (
        <>
          {` ${differenceText(difference)}; `}
          {`the ${percent(interval.level, 0)} interval of the difference is ${points(interval.low)} to ${points(interval.high)} points (bootstrap).`}
        </>
      )}
    </p>
  );
}

const differenceText = (difference: number): string =>
  difference === 0
    ? 'Both have the same accuracy'
    : `Its accuracy is ${points(Math.abs(difference))} points ${difference < 0 ? 'lower' : 'higher'}`;

/** A share in percentage points: `−0.42`. */
const points = (share: number): string => (share * 100).toFixed(2).replace('-', '−');

const totalOf = ({ bothRight, fixed, broken, bothWrong }: EvaluationComparison): number =>
  bothRight + fixed + broken + bothWrong;

const captionOf = (
  { image, path, actual, before, after }: ComparedPrediction,
  split: SplitName,
  versions: ComparedVersions,
) => ({
  image,
  alt: `${SPLIT_TITLES[split]} image #${image}: ${actual}`,
  lines: [actual, `v${versions.before} ${before.predicted}`, `v${versions.after} ${after.predicted}`],
  details: (
    <>
      <p class="wrap-anywhere">
        {`True class: ${actual}. Version ${versions.before} predicted ${before.predicted} (${percent(before.probability)}), version ${versions.after} ${after.predicted} (${percent(after.probability)}).`}
      </p>
      <FilePath path={path} />
    </>
  ),
});
