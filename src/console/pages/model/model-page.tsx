/** A model: its versions, its labels, and the difference of two versions. */
import './model-page.css';
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ModelSummary, ModelVersion } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { confirmDelete } from '../../components/confirm-delete.js';
import { bytes, measured, percent, plural } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Menu } from '../../components/menu.js';
import { PageHeader } from '../../components/page-header.js';
import { Loaded, Notice } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { forget, useResource } from '../../data/resource.js';
import { client, isGone } from '../../data/service.js';
import { navigate, queryList, queryNumber, queryText } from '../../router/router.js';
import { type ParamsOf, to } from '../../router/routes.js';
import { Labels } from './labels.js';
import { VersionDifference } from './version-difference.js';

const sort = queryText('sort', '-version');
/** Two versions to compare: the older first. */
const compared = queryList('compare');
const shownVersions = queryNumber('versions', 25);
const selected = signal<ReadonlySet<string>>(new Set());

type LoadedModel = Readonly<{ summary: ModelSummary; versions: readonly ModelVersion[] }>;

/** Versions that are requested at once: a browser opens six connections. */
const AT_ONCE = 5;

async function loadModel(name: string, limit: number, signal: AbortSignal): Promise<LoadedModel> {
  const summary = await client.models.get(name, { limit, signal });
  const numbers = [...summary.versions];
  const versions: ModelVersion[] = [];
  const take = async (): Promise<void> => {
    for (let version = numbers.pop(); version !== undefined; version = numbers.pop())
      versions.push(await client.models.version(name, version, { signal }));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return { summary, versions };
}

const NUMBER_COLUMNS: readonly Column<ModelVersion>[] = [
  {
    id: 'testAccuracy',
    title: 'Test accuracy',
    align: 'end',
    sort: ({ manifest }) => manifest.scores?.testAccuracy,
    cell: ({ manifest }) => percent(manifest.scores?.testAccuracy),
  },
  {
    id: 'testLoss',
    title: 'Test loss',
    align: 'end',
    sort: ({ manifest }) => manifest.scores?.testLoss,
    cell: ({ manifest }) => measured(manifest.scores?.testLoss),
  },
  {
    id: 'validationAccuracy',
    title: 'Validation',
    align: 'end',
    sort: ({ manifest }) => manifest.scores?.validationAccuracy,
    cell: ({ manifest }) => percent(manifest.scores?.validationAccuracy),
  },
  {
    id: 'epochs',
    title: 'Epochs',
    align: 'end',
    sort: ({ manifest }) => manifest.scores?.epoch,
    cell: ({ manifest }) => manifest.scores?.epoch ?? '–',
  },
  {
    id: 'size',
    title: 'Size',
    align: 'end',
    sort: ({ files }) => sizeOf(files),
    cell: ({ files }) => bytes(sizeOf(files)),
  },
  {
    id: 'created',
    title: 'Created',
    sort: ({ manifest }) => manifest.createdAt,
    cell: ({ manifest }) => <Time at={manifest.createdAt} />,
  },
];

const columnsOf = (name: string, change: () => void): readonly Column<ModelVersion>[] => [
  {
    id: 'version',
    title: 'Version',
    sort: ({ manifest }) => manifest.version,
    cell: ({ manifest: { version } }) => <Link to={to('version', { name, version })}>v{version}</Link>,
  },
  {
    id: 'labels',
    title: 'Labels',
    cell: ({ labels }) =>
      labels.length === 0 ? (
        <span class="muted">none</span>
      ) : (
        <span class="row">
          {labels.map((label) => (
            <Pill key={label} icon="tag">
              {label}
            </Pill>
          ))}
        </span>
      ),
  },
  ...NUMBER_COLUMNS,
  {
    id: 'actions',
    title: 'Actions',
    isTitleHidden: true,
    width: '40px',
    cell: ({ manifest: { version }, labels }) => (
      <Menu
        label={`Actions of version ${version}`}
        items={[
          { title: 'Try it', icon: 'try', run: () => navigate(to('version', { name, version }, { tab: 'try' })) },
          {
            title: 'Delete',
            icon: 'trash',
            isDanger: true,
            disabled: labels.length > 0 ? `It has the label ${labels.join(', ')}.` : undefined,
            run: () => void remove(name, version, change),
          },
        ]}
      />
    ),
  },
];

const sizeOf = (files: ModelVersion['files']): number => files.reduce((sum, file) => sum + file.bytes, 0);

async function remove(name: string, version: number | undefined, change: () => void): Promise<void> {
  const what = version === undefined ? `"${name}" with all its versions` : `"${name}" version ${version}`;
  const isDeleted = await confirmDelete({
    title: `Delete ${what}?`,
    text: 'Its files are removed from the disk. The number is never used again. This cannot be undone.',
    remove: () => client.models.delete(name, version),
    done: `Deleted ${what}`,
  });
  if (!isDeleted) return;
  forget('model');
  change();
}

export function ModelPage({ name }: ParamsOf<'model'>) {
  const limit = shownVersions.value;
  const model = useResource((abort) => loadModel(name, limit, abort), [name, limit], {
    key: `model/${name}/${limit}`,
    everyMs: 30_000,
  });
  const refresh = (): void => void model.refresh();
  return (
    <>
      <PageHeader
        title={name}
        parents={[['Models', to('models')]]}
        actions={!isGone(model.error.value) && <Actions name={name} />}
      />
      <Loaded resource={model}>
        {({ summary, versions }) => (
          <div class="stack">
            <Labels name={name} labels={summary.labels} versions={versions} onChange={refresh} />
            <Versions name={name} versions={versions} onChange={refresh} />
            {summary.nextCursor !== undefined && (
              <div class="row">
                <Button onClick={() => (shownVersions.value = limit + 75)}>Show older versions</Button>
                <span class="muted small">{`${plural(versions.length, 'version')} shown`}</span>
              </div>
            )}
            <Difference name={name} versions={versions} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Actions({ name }: { name: string }) {
  return (
    <>
      <ButtonLink to={to('try', { model: name })} icon="try">
        Try
      </ButtonLink>
      <Menu
        label={`Actions of ${name}`}
        items={[
          {
            title: 'Delete with all versions',
            icon: 'trash',
            isDanger: true,
            run: () => void remove(name, undefined, () => navigate(to('models'), { replace: true })),
          },
        ]}
      />
    </>
  );
}

function Versions({
  name,
  versions,
  onChange,
}: {
  name: string;
  versions: readonly ModelVersion[];
  onChange: () => void;
}) {
  useEffect(() => {
    selected.value = new Set(compared.value);
  }, [name, compared.value.join(',')]);
  const chosen = [...selected.value].filter((key) => versions.some(({ manifest }) => String(manifest.version) === key));
  return (
    <Card
      title="Versions"
      flush
      actions={
        versions.length > 1 && (
          <>
            <span class="muted small">{chosen.length === 2 ? '' : 'Select two versions to compare'}</span>
            <Button
              small
              icon="compare"
              disabled={chosen.length !== 2}
              onClick={() =>
                compared.push(
                  chosen
                    .map(Number)
                    .sort((a, b) => a - b)
                    .map(String),
                )
              }
            >
              Compare
            </Button>
          </>
        )
      }
    >
      <Table
        label="Versions"
        rows={versions}
        columns={columnsOf(name, onChange)}
        rowKey={({ manifest }) => String(manifest.version)}
        sort={sort}
        selected={versions.length > 1 ? selected : undefined}
        onOpen={({ manifest: { version } }) => navigate(to('version', { name, version }))}
      />
    </Card>
  );
}

function Difference({ name, versions }: { name: string; versions: readonly ModelVersion[] }) {
  const [before, after] = compared.value;
  if (before === undefined || after === undefined) return null;
  const find = (number: string) => versions.find(({ manifest }) => String(manifest.version) === number);
  const [old, next] = [find(before), find(after)];
  if (old === undefined || next === undefined) {
    return (
      <Notice tone="warn">{`Version ${old === undefined ? before : after} of ${name} is gone, or not shown yet.`}</Notice>
    );
  }
  return (
    <VersionDifference key={`${before},${after}`} before={old} after={next} onClose={() => (compared.value = [])} />
  );
}
