/** Images of a cell of the confusion matrix, or of all images of a class. The cell is in the address. */
import { useEffect, useRef } from 'preact/hooks';
import type { CallOptions, Query, SplitName, TestPrediction, TestPredictionPage } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Segmented } from '../../components/field.js';
import { count, percent, plural } from '../../components/format.js';
import { FilePath } from '../../components/image-thumb.js';
import { imageOf, SPLIT_TITLES } from '../../components/split-text.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { TestImages } from '../../components/test-picture.js';
import { useResource } from '../../data/resource.js';
import { queryNumber, queryOneOf, queryText, setQuery } from '../../router/router.js';

const actual = queryText('actual');
const predicted = queryText('predicted');
const order = queryOneOf('order', ['descending', 'ascending']);
const limit = queryNumber('images', 60);

/** Images of an evaluation with their predictions. */
export type Predictions = Readonly<{
  /** Names the evaluation among kept answers. */
  key: string;
  split: SplitName;
  load: (query: Query<'listDatasetEvaluationImages'> & CallOptions) => Promise<TestPredictionPage>;
}>;

/** Changes of the address that close the images. */
export const WITHOUT_CELL = { actual: undefined, predicted: undefined, images: undefined, order: undefined };

export function CellImages({ predictions, names }: { predictions: Predictions; names: readonly string[] }) {
  const wanted = [actual.value, predicted.value];
  const known = wanted.every((each) => each === '' || names.includes(each));
  if (wanted.every((each) => each === '') || !known) return null;
  return <Images key={wanted.join('\n')} predictions={predictions} />;
}

function titleOf(): string {
  const [own, answer] = [actual.value, predicted.value];
  if (own === '') return `Images predicted as ${answer}`;
  if (answer === '') return `All images of ${own}`;
  return own === answer ? `${own}, predicted correctly` : `${own}, predicted as ${answer}`;
}

function Images({ predictions: { key, split, load } }: { predictions: Predictions }) {
  const query = {
    actual: actual.value || undefined,
    predicted: predicted.value || undefined,
    order: order.value,
    limit: Math.min(1_000, limit.value),
  };
  const place = useRef<HTMLDivElement>(null);
  const found = useResource((signal) => load({ ...query, signal }), [key, JSON.stringify(query)], {
    key: `model-images/${key}/${JSON.stringify(query)}`,
  });
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), []);
  return (
    <div ref={place}>
      <Card
        title={titleOf()}
        actions={
          <>
            <Segmented
              label="Order"
              value={order.value}
              onInput={(value) => (order.value = value)}
              choices={[
                { value: 'descending', title: 'Most confident first' },
                { value: 'ascending', title: 'Least confident first' },
              ]}
            />
            <Button kind="quiet" small icon="close" label="Close the images" onClick={() => setQuery(WITHOUT_CELL)} />
          </>
        }
      >
        <Loaded resource={found}>
          {({ images, total, pictures, nextCursor }) =>
            images.length === 0 ? (
              <EmptyState title={`No ${imageOf(split)} is in this cell`} icon="image" />
            ) : (
              <div class="stack">
                <p class="muted small">{`${plural(total, imageOf(split))}${nextCursor ? `, ${count(images.length)} shown` : ''}`}</p>
                <TestImages pictures={pictures} split={split} images={images.map((row) => captionOf(row, split))} />
                {nextCursor !== undefined && limit.value < 1_000 && (
                  <div class="row">
                    <Button onClick={() => (limit.value = Math.min(1_000, limit.value * 4))}>
                      {`Show ${count(Math.min(1_000, limit.value * 4, total) - images.length)} more`}
                    </Button>
                  </div>
                )}
              </div>
            )
          }
        </Loaded>
      </Card>
    </div>
  );
}

/** Returns an image with its prediction, for `TestImages`. */
export const captionOf = (row: TestPrediction, split: SplitName) => {
  const isRight = row.actual === row.predicted;
  return {
    image: row.image,
    alt: `${SPLIT_TITLES[split]} image #${row.image}: ${row.actual}`,
    lines: [`#${row.image}`, isRight ? percent(row.probability) : `${row.predicted} ${percent(row.probability, 0)}`],
    details: (
      <>
        <p class="wrap-anywhere">
          {`True class: ${row.actual}. Predicted: ${row.predicted}, ${percent(row.probability)}.`}
        </p>
        <FilePath path={row.path} />
      </>
    ),
  };
};
