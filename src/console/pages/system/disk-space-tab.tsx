/** Disk space by kind, the largest entries, and what can be deleted. */
import type { StorageUse } from 'trainyard';
import { Button } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { confirmDelete } from '../../components/confirm-delete.js';
import { Stat, Stats } from '../../components/facts.js';
import { bytes, count, plural, shortId } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { Progress } from '../../components/progress.js';
import { Loaded } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { to } from '../../router/routes.js';

type Kind = StorageUse['kinds'][number];
type Entry = Kind['largest'][number];
type KindName = Kind['kind'];

const TITLES: Readonly<Record<KindName, readonly [title: string, one: string, note: string]>> = {
  models: ['Models', 'model', 'Delete versions on the page of a model.'],
  checkpoints: [
    'Checkpoints',
    'job',
    'Other jobs can start from them. The newest are kept for a while after a job has ended.',
  ],
  datasets: ['Data sets', 'data set', 'Delete an imported data set on its page. Built-in ones cannot be deleted.'],
  tensorboard: ['TensorBoard files', 'job', 'They also go when their job is removed.'],
  queue: ['Queue', 'part', 'Jobs and their frames, in the embedded Redis.'],
};

type Removable = Readonly<{ what: string; consequence: string; remove: (job: string) => Promise<void> }>;

/** Files of ended jobs that can be deleted here. */
const REMOVABLE: Partial<Record<KindName, Removable>> = {
  checkpoints: {
    what: 'checkpoints',
    consequence: 'No other job can start from them then. The model of the job stays.',
    remove: (job) => client.service.removeCheckpoints(job),
  },
  tensorboard: {
    what: 'TensorBoard files',
    consequence: 'TensorBoard no longer shows the job. Its curves here, its checkpoints and its model stay.',
    remove: (job) => client.service.removeEventFiles(job),
  },
};

const REFRESH_MS = 20_000;

export function DiskSpace() {
  const storage = useResource((signal) => client.service.storage({ signal }), [], {
    key: 'storage',
    everyMs: REFRESH_MS,
  });
  return (
    <Loaded resource={storage}>
      {(use) => (
        <div class="stack">
          <Space use={{ ...use, kinds: use.kinds.map(withoutEmpty) }} />
          {use.kinds
            .map(withoutEmpty)
            .filter(({ kind }) => kind !== 'queue')
            .filter(({ largest }) => largest.length > 0)
            .map((kind) => (
              <KindCard key={kind.kind} use={kind} refresh={storage.refresh} />
            ))}
        </div>
      )}
    </Loaded>
  );
}

/** Leaves out entries without files: folders of deleted jobs. */
function withoutEmpty(kind: Kind): Kind {
  const largest = kind.largest.filter(({ bytes: size }) => size > 0);
  return { ...kind, largest, entries: kind.entries - (kind.largest.length - largest.length) };
}

function Space({ use: { freeBytes, totalBytes, kinds } }: { use: StorageUse }) {
  const own = kinds.reduce((sum, { bytes: size }) => sum + size, 0);
  const used = totalBytes - freeBytes;
  return (
    <Stats>
      <Stat
        label="Free on this disk"
        value={bytes(freeBytes)}
        note={
          <>
            {`${bytes(used)} of ${bytes(totalBytes)} in use`}
            <Progress
              share={used / totalBytes}
              label="Disk in use"
              tone={freeBytes < totalBytes / 20 ? 'bad' : 'muted'}
            />
          </>
        }
      />
      <Stat label="Used by trainyard" value={bytes(own)} />
      {kinds.map(({ kind, bytes: size, entries }) => (
        <Stat
          key={kind}
          label={TITLES[kind]?.[0] ?? kind}
          value={bytes(size)}
          note={kind === 'queue' ? undefined : plural(entries, TITLES[kind]?.[1] ?? 'entry')}
        />
      ))}
    </Stats>
  );
}

function KindCard({ use: { kind, entries, largest }, refresh }: { use: Kind; refresh: () => Promise<void> }) {
  const [title, one, note] = TITLES[kind] ?? [kind, 'entry', ''];
  return (
    <Card
      title={title}
      flush
      actions={
        <span class="muted small">
          {largest.length < entries ? `largest ${count(largest.length)} of ${plural(entries, one)}` : note}
        </span>
      }
    >
      <Table label={title} columns={columnsOf(kind, refresh)} rows={largest} rowKey={({ name }) => name} />
    </Card>
  );
}

function columnsOf(kind: KindName, refresh: () => Promise<void>): readonly Column<Entry>[] {
  const columns: readonly Column<Entry>[] = [
    { id: 'name', title: 'Name', cell: ({ name }) => nameOf(kind, name) },
    { id: 'bytes', title: 'Size', align: 'end', width: '120px', cell: ({ bytes: size }) => bytes(size) },
    { id: 'changed', title: 'Changed', width: '140px', cell: ({ changedAt }) => <Time at={changedAt} /> },
  ];
  const files = REMOVABLE[kind];
  if (files === undefined) return columns;
  const action: Column<Entry> = {
    id: 'delete',
    title: 'Delete',
    isTitleHidden: true,
    width: '56px',
    cell: (entry) => (
      <Button
        kind="quiet"
        small
        icon="trash"
        label={`Delete the ${files.what} of job ${shortId(entry.name)}`}
        onClick={() => void removeFiles(files, entry, refresh)}
      />
    ),
  };
  return [...columns, action];
}

function nameOf(kind: KindName, name: string) {
  if (kind === 'models') return <Link to={to('model', { name })}>{name}</Link>;
  if (kind === 'datasets') return <Link to={to('dataset', { name })}>{name}</Link>;
  if (kind in REMOVABLE) return <Link to={to('job', { id: name })}>{`job ${shortId(name)}`}</Link>;
  return <span class="name">{name}</span>;
}

async function removeFiles(
  { what, consequence, remove }: Removable,
  { name, bytes: size }: Entry,
  refresh: () => Promise<void>,
): Promise<void> {
  const isDeleted = await confirmDelete({
    title: `Delete the ${what} of job ${shortId(name)}?`,
    text: `${consequence} This cannot be undone.`,
    action: `Delete ${bytes(size)}`,
    remove: () => remove(name),
    done: `${bytes(size)} freed`,
  });
  if (isDeleted) await refresh();
}
