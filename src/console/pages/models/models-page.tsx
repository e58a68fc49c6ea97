/** Models by name: newest version, scores and labels. */
import './models-page.css';
import { useState } from 'preact/hooks';
import type { ModelListItem } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { count, percent } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { PageHeader } from '../../components/page-header.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { navigate, queryText } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { ImportWeights } from './import-weights.js';

const sort = queryText('sort', '-created');
const search = queryText('q');

const COLUMNS: readonly Column<ModelListItem>[] = [
  {
    id: 'name',
    title: 'Name',
    sort: ({ name }) => name,
    cell: ({ name }) => (
      <Link to={to('model', { name })} class="name models-name">
        {name}
      </Link>
    ),
  },
  {
    id: 'version',
    title: 'Newest',
    align: 'end',
    sort: ({ latest }) => latest.version,
    cell: ({ name, latest: { version } }) => <Link to={to('version', { name, version })}>v{version}</Link>,
  },
  {
    id: 'accuracy',
    title: 'Test accuracy',
    align: 'end',
    sort: ({ latest }) => latest.scores?.testAccuracy,
    cell: ({ latest }) => percent(latest.scores?.testAccuracy),
  },
  {
    id: 'labels',
    title: 'Labels',
    cell: ({ labels }) => (
      <Labels labels={Object.entries(labels).map(([label, version]) => `${label} · v${version}`)} />
    ),
  },
  {
    id: 'network',
    title: 'Network',
    sort: ({ latest }) => latest.spec.network,
    cell: ({ latest: { spec } }) => `${spec.network} · ${spec.networkOptions.variant}`,
  },
  {
    id: 'dataset',
    title: 'Data set',
    sort: ({ latest }) => latest.spec.dataset.name,
    cell: ({ latest: { spec } }) => <DatasetName name={spec.dataset.name} />,
  },
  {
    id: 'classes',
    title: 'Classes',
    align: 'end',
    sort: ({ latest, classCount }) => classCount ?? latest.classes.length,
    cell: ({ latest, classCount }) => count(classCount ?? latest.classes.length),
  },
  {
    id: 'created',
    title: 'Created',
    sort: ({ latest }) => latest.createdAt,
    cell: ({ latest }) => <Time at={latest.createdAt} />,
  },
];

/** Labels that fit into a cell. */
const LABELS_SHOWN = 1;

function Labels({ labels }: { labels: readonly string[] }) {
  if (labels.length === 0) return <span class="muted">none</span>;
  const more = labels.length - LABELS_SHOWN;
  return (
    <span class="models-labels" title={labels.join('\n')}>
      {labels.slice(0, LABELS_SHOWN).map((label) => (
        <Pill key={label} icon="tag">
          <span class="models-label">{label}</span>
        </Pill>
      ))}
      {more > 0 && <span class="muted small">{`+${more}`}</span>}
    </span>
  );
}

function DatasetName({ name }: { name: string }) {
  if (name === 'unknown') return <span class="muted">imported weights</span>;
  return (
    <Link to={to('dataset', { name })} class="name">
      {name}
    </Link>
  );
}

export function ModelsPage() {
  const models = useResource((signal) => client.models.list({ signal }).all(), [], { key: 'models', everyMs: 10_000 });
  const [isImporting, setImporting] = useState(false);
  return (
    <>
      <PageHeader
        title="Models"
        note="A job stores its model under a name; each further job of that name adds a version."
        actions={
          <>
            <Button icon="upload" onClick={() => setImporting(true)}>
              Import weights
            </Button>
            <ButtonLink to={to('newJob')} kind="primary" icon="plus">
              Train a model
            </ButtonLink>
          </>
        }
      />
      {isImporting && <ImportWeights onClose={() => setImporting(false)} />}
      <Loaded resource={models}>{(list) => <ModelList models={list} />}</Loaded>
    </>
  );
}

function ModelList({ models }: { models: readonly ModelListItem[] }) {
  const wanted = search.value.toLowerCase();
  const shown = models.filter(({ name }) => name.includes(wanted));
  if (models.length === 0) {
    return (
      <EmptyState
        title="There is no model yet"
        icon="models"
        actions={
          <ButtonLink to={to('newJob')} kind="primary">
            Train one
          </ButtonLink>
        }
      >
        A job that succeeds stores one here. Weights from PyTorch can be imported too.
      </EmptyState>
    );
  }
  return (
    <div class="stack">
      {models.length > 8 && (
        <input
          class="input models-search"
          type="search"
          aria-label="Filter by name"
          placeholder="Filter by name"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
      )}
      <Table
        label="Models"
        rows={shown}
        columns={COLUMNS}
        rowKey={({ name }) => name}
        sort={sort}
        onOpen={({ name }) => navigate(to('model', { name }))}
        empty={<EmptyState title="No name contains this text" icon="search" />}
      />
    </div>
  );
}
