/** Difference of two versions: settings, scores, and the test images that changed sides. */
import type { ComparedPrediction, EvaluationComparison, ModelVersion } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Stat } from '../../components/facts.js';
import { Segmented } from '../../components/field.js';
import { count, measured, percent } from '../../components/format.js';
import { FilePath } from '../../components/image-thumb.js';
import { EmptyState, Loaded, Notice } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { TestImages } from '../../components/test-picture.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryNumber, queryOneOf } from '../../router/router.js';
import { differences, type SettingDifference } from './differences.js';

const KINDS = ['broken', 'fixed', 'bothWrong'] as const;
/** `auto`: the first kind that has images. */
const change = queryOneOf('change', ['auto', ...KINDS]);
const shown = queryNumber('images', 48);

type Kind = (typeof KINDS)[number];

const TITLES = { broken: 'Broken', fixed: 'Fixed', bothWrong: 'Wrong in both' } as const;

type Props = Readonly<{ before: ModelVersion; after: ModelVersion; onClose: () => void }>;

export function VersionDifference({ before, after, onClose }: Props) {
  const [old, next] = [before.manifest, after.manifest];
  return (
    <Card
      title={`Version ${old.version} compared with version ${next.version}`}
      actions={<Button kind="quiet" small icon="close" label="Close the comparison" onClick={onClose} />}
    >
      <div class="stack">
        <Scores before={before} after={after} />
        <Settings before={before} after={after} />
        <ChangedImages name={next.name} before={old.version} after={next.version} />
      </div>
    </Card>
  );
}

const SCORES = [
  ['testAccuracy', 'Test accuracy', true],
  ['testLoss', 'Test loss', false],
  ['validationAccuracy', 'Validation accuracy', true],
  ['validationLoss', 'Validation loss', false],
  ['trainAccuracy', 'Training accuracy', true],
] as const;

function Scores({ before, after }: Pick<Props, 'before' | 'after'>) {
  return (
    <div class="difference-numbers">
      {SCORES.map(([score, title, isShare]) => {
        const [old, next] = [before.manifest.scores?.[score], after.manifest.scores?.[score]];
        if (old === undefined || next === undefined) return null;
        const gain = isShare ? next - old : old - next;
        const sign = next > old ? '+' : next < old ? '−' : '±';
        const size = isShare ? `${(Math.abs(next - old) * 100).toFixed(2)} points` : measured(Math.abs(next - old));
        return (
          <Stat
            key={score}
            label={title}
            value={isShare ? percent(next, 2) : measured(next)}
            note={
              <span class={gain > 0 ? 'difference-better' : gain < 0 ? 'difference-worse' : undefined}>
                {`${sign}${size}${gain > 0 ? ', better' : gain < 0 ? ', worse' : ''}`}
              </span>
            }
          />
        );
      })}
    </div>
  );
}

function Settings({ before, after }: Pick<Props, 'before' | 'after'>) {
  const found = differences(before.manifest.spec, after.manifest.spec);
  const columns: readonly Column<SettingDifference>[] = [
    { id: 'path', title: 'Setting', cell: ({ path }) => <code>{path}</code> },
    { id: 'before', title: `Version ${before.manifest.version}`, cell: (row) => row.before },
    { id: 'after', title: `Version ${after.manifest.version}`, cell: (row) => row.after },
  ];
  if (found.length === 0) return <Notice>Both versions were trained with the same settings.</Notice>;
  return <Table label="Settings that differ" rows={found} columns={columns} rowKey={({ path }) => path} />;
}

function ChangedImages({ name, before, after }: { name: string; before: number; after: number }) {
  const [kind, limit] = [change.value, shown.value];
  const comparison = useResource(
    async (signal) => {
      const compare = (wanted: Kind) =>
        client.models.compareEvaluations(name, after, { with: `${name}@${before}`, change: wanted, limit, signal });
      const first = kind === 'auto' ? 'broken' : kind;
      const found = await compare(first);
      const next = kind === 'auto' ? (KINDS.find((each) => found[each] > 0) ?? first) : first;
      return { kind: next, found: next === first ? found : await compare(next) };
    },
    [name, before, after, kind, limit],
    { key: `model-comparison/${name}/${before}/${after}/${kind}/${limit}` },
  );
  return (
    <section class="stack" aria-label="Test images that changed sides">
      <h3>Test images that changed sides</h3>
      <Loaded resource={comparison}>
        {(shownKind) => <Images kind={shownKind.kind} comparison={shownKind.found} before={before} after={after} />}
      </Loaded>
    </section>
  );
}

type ImagesProps = Readonly<{ kind: Kind; comparison: EvaluationComparison; before: number; after: number }>;

function Images({ kind, comparison, before, after }: ImagesProps) {
  const { pictures, images, nextCursor, pValue, fixed, broken } = comparison;
  const limit = shown.value;
  return (
    <>
      <p>
        {`Version ${after} fixes ${count(fixed)} and breaks ${count(broken)} of ${count(totalOf(comparison))} test images. `}
        {pValue < 0.05
          ? `The difference is hardly chance (p = ${measured(pValue)}, exact McNemar test).`
          : `That may be chance (p = ${measured(pValue)}, exact McNemar test).`}
      </p>
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
        <EmptyState title="No test image" icon="check">{`There is none of this kind.`}</EmptyState>
      ) : (
        <TestImages pictures={pictures} images={images.map((image) => captionOf(image, before, after))} />
      )}
      {nextCursor !== undefined && limit < 1_000 && (
        <div class="row">
          <Button onClick={() => (shown.value = Math.min(1_000, limit * 4))}>Show more</Button>
        </div>
      )}
    </>
  );
}

const totalOf = ({ bothRight, fixed, broken, bothWrong }: EvaluationComparison): number =>
  bothRight + fixed + broken + bothWrong;

const captionOf = ({ image, path, actual, before, after }: ComparedPrediction, old: number, next: number) => ({
  image,
  alt: `Test image #${image}: ${actual}`,
  lines: [actual, `v${old} ${before.predicted}`, `v${next} ${after.predicted}`],
  details: (
    <>
      <p class="wrap-anywhere">
        {`True class: ${actual}. Version ${old} predicted ${before.predicted} (${percent(before.probability)}), version ${next} ${after.predicted} (${percent(after.probability)}).`}
      </p>
      <FilePath path={path} />
    </>
  ),
});
