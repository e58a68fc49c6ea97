/** Files of the archive that are not part of the data set, by reason and one by one. */
import type { DatasetDetails, LeftOutFile } from 'trainyard';
import { count, plural } from '../../components/format.js';
import { PagedList } from '../../components/paged-list.js';
import { EmptyState } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { usePages } from '../../data/pages.js';
import { client } from '../../data/service.js';

const PAGE = 500;

type Group = NonNullable<NonNullable<DatasetDetails['imported']>['leftOut']>['groups'][number];

const GROUPS: readonly Column<Group>[] = [
  { id: 'files', title: 'Files', align: 'end', width: '80px', cell: ({ files }) => count(files) },
  { id: 'reason', title: 'Reason', cell: ({ reason }) => <span class="name">{reason}</span> },
  { id: 'folder', title: 'Folder', cell: ({ folder }) => <code class="name">{folder || '/'}</code> },
  { id: 'examples', title: 'Such as', cell: ({ examples }) => <code class="name">{examples.join(', ')}</code> },
];

const FILES: readonly Column<LeftOutFile>[] = [
  { id: 'path', title: 'File', cell: ({ path }) => <code class="name">{path}</code> },
  { id: 'reason', title: 'Reason', cell: ({ reason }) => <span class="name">{reason}</span> },
];

export function LeftOut({ dataset: { name, imported } }: { dataset: DatasetDetails }) {
  const leftOut = imported?.leftOut;
  if (leftOut === undefined)
    return (
      <EmptyState title="No file was left out" icon="check">
        {imported ? 'Every file of the archive is part of the data set.' : 'This data set is built in.'}
      </EmptyState>
    );
  return (
    <div class="stack">
      {leftOut.files > leftOut.groups.length && (
        <Table
          label="Files that were left out, by reason"
          rows={leftOut.groups}
          columns={GROUPS}
          rowKey={({ folder, reason }) => `${folder} ${reason}`}
        />
      )}
      <Files name={name} total={leftOut.files} />
    </div>
  );
}

function Files({ name, total }: { name: string; total: number }) {
  const list = usePages(
    (cursor, signal) => client.datasets.leftOut(name, { limit: PAGE, cursor, signal }).page(),
    ({ leftOut }) => leftOut,
    [],
  );
  const note = ({ items = [] }: { items?: readonly LeftOutFile[] }) =>
    items.length < total && `${count(items.length)} of ${plural(total, 'file')}`;
  return (
    <section class="stack-s" aria-label="All files">
      <PagedList list={list} note={note}>
        {(files) => (
          <Table label="All files that were left out" rows={files} columns={FILES} rowKey={({ path }) => path} />
        )}
      </PagedList>
    </section>
  );
}
