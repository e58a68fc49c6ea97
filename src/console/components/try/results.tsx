/** Results of all pictures: the best class of each model, and CSV. */
import { useState } from 'preact/hooks';
import { Button } from '../button.js';
import { Card } from '../card.js';
import { copyText } from '../clipboard.js';
import { percent, plural, shortReference } from '../format.js';
import { Icon } from '../icon.js';
import { saveFile } from '../save-file.js';
import { type Column, Table } from '../table.js';
import type { ModelAnswers, Outcome } from './predictions.js';
import { resultsCsv } from './results-csv.js';
import type { TryImage } from './try-images.js';

type Props = Readonly<{
  images: readonly TryImage[];
  answers: readonly ModelAnswers[];
  chosen: string;
  onChoose: (id: string) => void;
  onClear: () => void;
}>;

export function Results({ images, answers, chosen, onChoose, onClear }: Props) {
  const csv = (): string => resultsCsv(images, answers);
  const columns: Column<TryImage>[] = [
    {
      id: 'picture',
      title: 'Picture',
      width: '64px',
      cell: ({ url, name }) => <SmallPicture key={url} url={url} name={name} />,
    },
    {
      id: 'name',
      title: 'Name',
      cell: ({ id, name }) => (
        <button type="button" class="try-more name" aria-current={id === chosen} onClick={() => onChoose(id)}>
          {name}
        </button>
      ),
    },
    ...(images.some(({ actual }) => actual !== undefined)
      ? [{ id: 'actual', title: 'True class', cell: ({ actual }: TryImage) => actual ?? '–' }]
      : []),
    ...answers.map(({ model, outcomeOf }) => ({
      id: model,
      title: shortReference(model),
      cell: (image: TryImage) => <Best outcome={outcomeOf(image)} actual={image.actual} />,
    })),
  ];
  return (
    <Card
      title={plural(images.length, 'picture')}
      flush
      actions={
        <>
          <Button
            small
            icon="copy"
            label="Copy the results as CSV"
            onClick={() => void copyText(csv(), 'Copied as CSV')}
          />
          <Button
            small
            icon="download"
            label="Download the results as CSV"
            onClick={() => saveFile(new Blob([csv()], { type: 'text/csv' }), 'predictions.csv')}
          />
          <Button small icon="close" onClick={onClear}>
            Clear
          </Button>
        </>
      }
    >
      <Table
        label="Results"
        rows={images}
        columns={columns}
        rowKey={({ id }) => id}
        onOpen={({ id }) => onChoose(id)}
        rowClass={({ id }) => (id === chosen ? 'table-selected' : undefined)}
      />
    </Card>
  );
}

/** The picture, or a sign in its place if the browser cannot show the file. */
function SmallPicture({ url, name }: { url: string; name: string }) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) {
    return (
      <span class="try-small try-small-none">
        <Icon name="image" label="no picture" />
      </span>
    );
  }
  return (
    <img class="try-small" src={url} alt={name} width={32} height={32} loading="lazy" onError={() => setBroken(true)} />
  );
}

function Best({ outcome, actual }: { outcome: Outcome; actual: string | undefined }) {
  if (outcome.state === 'waiting') return <span class="muted">…</span>;
  if (outcome.state === 'failed') {
    return (
      <span class="try-best try-failed">
        <Icon name="warning" size={12} /> <span class="try-fault">{outcome.sentence}</span>
      </span>
    );
  }
  const [best] = outcome.classes;
  if (best === undefined) return <span class="muted">–</span>;
  return (
    <span class="try-best">
      {actual !== undefined && (
        <Icon
          name={best.label === actual ? 'check' : 'cross'}
          size={12}
          label={best.label === actual ? 'right' : 'wrong'}
        />
      )}{' '}
      <bdi>{best.label}</bdi> <span class="muted">{percent(best.probability)}</span>
    </span>
  );
}
