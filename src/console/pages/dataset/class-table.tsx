/** Classes of a data set with their number of images, and how even they are. */
import type { DatasetDetails } from 'trainyard';
import { count } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Notice } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { queryText } from '../../router/router.js';
import { to } from '../../router/routes.js';

const sort = queryText('sort');
/** Ratio of the largest to the smallest class from which a notice says so. */
const IMBALANCE = 3;

type Row = Readonly<{ label: number; name: string; train: number; validation: number | undefined; test: number }>;

export function ClassTable({ dataset }: { dataset: DatasetDetails }) {
  const { name, classes, counts } = dataset;
  const rows = classes.map(
    (className, label): Row => ({
      ...{ label, name: className, train: counts.train[label] ?? 0 },
      ...{ validation: counts.validation?.[label], test: counts.test[label] ?? 0 },
    }),
  );
  const most = Math.max(1, ...counts.train);
  return (
    <div class="stack">
      <Imbalance rows={rows} />
      <Table
        label="Classes"
        rows={rows}
        columns={columnsOf(name, most, counts.validation !== undefined)}
        rowKey={({ label }) => String(label)}
        sort={sort}
      />
    </div>
  );
}

function Imbalance({ rows }: { rows: readonly Row[] }) {
  const sorted = rows.toSorted((a, b) => a.train - b.train);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined || most.train < IMBALANCE * Math.max(1, least.train)) return null;
  return (
    <Notice tone="warn">
      {`The classes are unbalanced: ${most.name} has ${count(most.train)} training images, ${least.name} has ${count(least.train)}. A network may favour the large classes.`}
    </Notice>
  );
}

const columnsOf = (dataset: string, most: number, hasValidation: boolean): readonly Column<Row>[] => [
  {
    ...{ id: 'class', title: 'Class', sort: (row) => row.name },
    cell: (row) => (
      <Link to={to('dataset', { name: dataset }, { class: row.name })} class="name" title={row.name}>
        {row.name}
      </Link>
    ),
  },
  {
    ...{ id: 'train', title: 'Train', align: 'end', width: '88px', sort: (row) => row.train },
    cell: (row) => count(row.train),
  },
  {
    ...{ id: 'share', title: 'Compared with the largest class', width: '32%' },
    cell: (row) => (
      <span class="class-bar" aria-hidden="true">
        <span style={{ width: `${(100 * row.train) / most}%` }} />
      </span>
    ),
  },
  ...(hasValidation
    ? [
        {
          ...{ id: 'validation', title: 'Validation', align: 'end' as const, width: '88px' },
          sort: (row: Row) => row.validation,
          cell: (row: Row) => count(row.validation),
        },
      ]
    : []),
  {
    ...{ id: 'test', title: 'Test', align: 'end', width: '88px', sort: (row) => row.test },
    cell: (row) => count(row.test),
  },
];
