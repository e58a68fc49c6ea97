/** Data sets: a list, running imports, and a form to add one. */
import './datasets.css';
import type { DatasetInfo, ImportList, ImportStatus, ModelListItem } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { count } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { PageHeader } from '../../components/page-header.js';
import { Loaded, Notice } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { toastError } from '../../components/toast.js';
import { type Resource, useResource } from '../../data/resource.js';
import { client, connection, loadFaultOf } from '../../data/service.js';
import { navigate, queryText } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { AddDataset } from './add-dataset.js';
import { ImportProgress, isRunning } from './import-progress.js';
import { ownImports, session } from './upload-session.js';

const REFRESH_MS = 5_000;
const IMPORTS_MS = 1_500;
/** Ended imports that are listed for a while: those that did not succeed. */
const ENDED_SHOWN = 3;

const sort = queryText('sort');

export function DatasetsPage() {
  const datasets = useResource((signal) => client.datasets.list({ signal }).all(), [session.value.step === 'done'], {
    key: 'datasets',
    everyMs: REFRESH_MS,
  });
  const models = useResource((signal) => client.models.list({ signal }).all(), [], { key: 'models' });
  return (
    <>
      <PageHeader title="Data sets" />
      <div class="stack">
        <AddDataset taken={new Set(datasets.data.value?.map(({ name }) => name))} />
        <Imports />
        <Card title="All data sets" flush>
          <Loaded resource={datasets}>{(list) => <DatasetTable datasets={list} models={models} />}</Loaded>
        </Card>
      </div>
    </>
  );
}

/** Imports of others, and those of this browser from before it was reloaded. */
function Imports() {
  const found = useResource((signal) => client.datasets.imports({ signal }), [], { everyMs: IMPORTS_MS });
  const shown = visibleImports(found.data.value);
  if (shown.length === 0) {
    const { value: error } = found.error;
    if (error === undefined || connection.value === 'away') return null;
    return <Notice tone="warn">{`Running imports are not shown: ${loadFaultOf(error)}`}</Notice>;
  }
  return (
    <Card title="Imports">
      <ul class="stack">
        {shown.map((status) => (
          <li key={status.id} class="import">
            <ImportProgress status={status} />
            {isRunning(status) ? (
              <Button
                small
                icon="close"
                onClick={() => void client.datasets.cancelImport(status.id).then(found.refresh).catch(toastError)}
              >
                Cancel
              </Button>
            ) : (
              <span class="muted small">
                <Time at={status.updatedAt} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function visibleImports(list: ImportList | undefined): ImportStatus[] {
  const now = session.value;
  const isOwnUpload = ({ name, state }: ImportStatus): boolean =>
    now.step === 'uploading' && state === 'uploading' && name === now.settings.name;
  const others = (list?.imports ?? []).filter((status) => !ownImports.has(status.id) && !isOwnUpload(status));
  const failed = others.filter(({ state }) => state === 'failed').slice(0, ENDED_SHOWN);
  return others.filter((status) => isRunning(status) || failed.includes(status));
}

type Row = DatasetInfo & Readonly<{ models: number | undefined }>;

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ id: 'name', title: 'Name', sort: (row) => row.name },
    cell: ({ name }) => (
      <Link to={to('dataset', { name })} class="name">
        {name}
      </Link>
    ),
  },
  {
    ...{ id: 'train', title: 'Train', align: 'end', sort: (row) => row.trainSamples, width: '96px' },
    cell: (row) => count(row.trainSamples),
  },
  {
    ...{ id: 'validation', title: 'Validation', align: 'end', sort: (row) => row.validationSamples, width: '128px' },
    cell: (row) => count(row.validationSamples),
  },
  {
    ...{ id: 'test', title: 'Test', align: 'end', sort: (row) => row.testSamples, width: '96px' },
    cell: (row) => count(row.testSamples),
  },
  {
    ...{
      id: 'classes',
      title: 'Classes',
      align: 'end',
      sort: (row) => row.classCount ?? row.classes.length,
      width: '108px',
    },
    cell: (row) => count(row.classCount ?? row.classes.length),
  },
  {
    ...{ id: 'size', title: 'Size', sort: (row) => row.height, width: '128px' },
    cell: ({ width, height, channels }) => `${width} × ${height}, ${channels === 1 ? 'grey' : 'colour'}`,
  },
  {
    ...{ id: 'models', title: 'Models', align: 'end', sort: (row) => row.models, width: '104px' },
    cell: (row) => count(row.models),
  },
  {
    ...{ id: 'imported', title: 'Origin', sort: (row) => row.imported?.at, width: '170px' },
    cell: ({ imported }) => (imported ? <Imported at={imported.at} /> : 'built in'),
  },
  {
    ...{ id: 'train-on', title: 'Actions', isTitleHidden: true, width: '112px', align: 'end' },
    cell: ({ name }) => (
      <ButtonLink small kind="quiet" icon="play" to={to('newJob', { dataset: name })} label={`Train on ${name}`}>
        Train
      </ButtonLink>
    ),
  },
];

const Imported = ({ at }: { at: string }) => (
  <span>
    imported <Time at={at} />
  </span>
);

function DatasetTable({ datasets, models }: { datasets: readonly DatasetInfo[]; models: Resource<ModelListItem[]> }) {
  const trained = models.data.value?.map(({ latest }) => latest.spec.dataset.name);
  const rows = datasets.map((info) => ({ ...info, models: trained?.filter((name) => name === info.name).length }));
  return (
    <Table
      label="Data sets"
      rows={rows}
      columns={COLUMNS}
      rowKey={(row) => row.name}
      sort={sort}
      onOpen={({ name }) => navigate(to('dataset', { name }))}
    />
  );
}
