/** Difference of two versions: settings, scores, and the images that changed sides. */
import type { ModelVersion } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Stat } from '../../components/facts.js';
import { measured, percent } from '../../components/format.js';
import { Notice } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { ComparedImages } from './compared-images.js';
import { differences, type SettingDifference } from './differences.js';

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
        <ComparedImages name={next.name} before={old.version} after={next.version} classes={next.classes} />
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
