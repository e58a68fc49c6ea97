/** Report on a data set: what is wrong with its images, those that show nothing, and the sizes of the originals. */
import type { BlankImage, DatasetDetails, DatasetReport, Finding } from 'trainyard';
import { Card } from '../../components/card.js';
import { FindingLink, withoutRoute } from '../../components/finding-link.js';
import { count, percent, plural } from '../../components/format.js';
import { FilePath, ImageThumb } from '../../components/image-thumb.js';
import { PagedList } from '../../components/paged-list.js';
import { EmptyState, Loaded, Notice, Skeleton } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { usePages } from '../../data/pages.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';

const PAGE = 60;
const TONES = { serious: 'warn', warning: 'warn', note: 'info' } as const;

export function Report({ dataset: { name, imported } }: { dataset: DatasetDetails }) {
  const report = useResource((signal) => client.datasets.report(name, { signal }), [name], {
    key: `dataset-report/${name}`,
  });
  return (
    <Loaded resource={report}>
      {({ findings, blank, sizes }) => (
        <div class="stack">
          <Findings name={name} findings={findings} />
          {blank === undefined && (
            <p class="muted small">
              {imported
                ? 'An earlier version imported this data set. Import the archive again under another name to have its images examined.'
                : 'Images are examined when a data set is imported, and this one is built in.'}
            </p>
          )}
          {blank !== undefined && blank.images > 0 && <BlankImages name={name} total={blank.images} />}
          {sizes && <Sizes sizes={sizes} />}
        </div>
      )}
    </Loaded>
  );
}

function Findings({ name, findings }: { name: string; findings: readonly Finding[] }) {
  if (findings.length === 0)
    return (
      <EmptyState title="Nothing is wrong with the images" icon="check">
        As far as an import can tell.
      </EmptyState>
    );
  return (
    <div>
      {findings.map(({ code, level, message }) => (
        <Notice key={`${code} ${message}`} tone={TONES[level]} actions={<FindingLink name={name} sentence={message} />}>
          {level === 'serious' && <strong>Serious: </strong>}
          {withoutRoute(message)}
        </Notice>
      ))}
    </div>
  );
}

function BlankImages({ name, total }: { name: string; total: number }) {
  const list = usePages(
    (cursor, signal) => client.datasets.blankImages(name, { limit: PAGE, cursor, signal }).page(),
    ({ images }) => images,
    [],
  );
  return (
    <Card title={`${plural(total, 'image')} that ${total === 1 ? 'shows' : 'show'} nothing`}>
      <PagedList list={list} skeleton={<Skeleton lines={2} height={72} />}>
        {(images) => (
          <ul class="report-images" aria-label="Images that show nothing">
            {images.map((image) => (
              <li key={`${image.split}/${image.index}`}>
                <Blank image={image} />
              </li>
            ))}
          </ul>
        )}
      </PagedList>
    </Card>
  );
}

function Blank({ image: { split, class: of, path, colour, transparent, url } }: { image: BlankImage }) {
  return (
    <>
      <ImageThumb
        path={url}
        alt={`${of}, ${path}`}
        details={
          <>
            <p class="wrap-anywhere">{`${of}, ${split}. Nearly all pixels are ${colour}${transparent ? ', and the file is transparent' : ''}.`}</p>
            <FilePath path={path} />
          </>
        }
      />
      <span class="name small">{of}</span>
      <span class="muted small">{transparent ? `${split}, transparent` : split}</span>
    </>
  );
}

type Sizes = NonNullable<DatasetReport['sizes']>;
type SizeRow = Readonly<{ id: string; title: string; values: Sizes['width'] }>;

const quantile = (id: keyof Sizes['width'], title: string): Column<SizeRow> => ({
  ...{ id, title, align: 'end' },
  cell: ({ values }) => values[id].toLocaleString('en', { maximumFractionDigits: 2 }),
});

const SIZE_COLUMNS: readonly Column<SizeRow>[] = [
  { id: 'title', title: 'Originals', cell: ({ title }) => title },
  ...[
    quantile('min', 'Least'),
    quantile('p5', '5 %'),
    quantile('p25', '25 %'),
    quantile('median', 'Median'),
    quantile('p75', '75 %'),
    quantile('p95', '95 %'),
    quantile('max', 'Most'),
  ],
];

function Sizes({ sizes: { images, width, height, aspect, enlarged } }: { sizes: Sizes }) {
  return (
    <Card title="Sizes of the originals" flush>
      <Table
        label="Sizes of the originals"
        rows={[
          { id: 'width', title: 'Width, pixels', values: width },
          { id: 'height', title: 'Height, pixels', values: height },
          { id: 'aspect', title: 'Width ÷ height', values: aspect },
        ]}
        columns={SIZE_COLUMNS}
        rowKey={({ id }) => id}
      />
      {enlarged > 0 && (
        <p class="muted small report-note">
          {`${count(enlarged)} of ${plural(images, 'image')} (${percent(enlarged / images, 0)}) were smaller than the stored size and were enlarged.`}
        </p>
      )}
    </Card>
  );
}
