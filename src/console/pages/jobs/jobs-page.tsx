/** Jobs: a live table with filters, actions on several jobs, and the way to compare them. */
import './jobs-page.css';
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Job, JobStatus } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { EditTexts } from '../../components/edit-texts.js';
import { CheckField } from '../../components/field.js';
import { plural } from '../../components/format.js';
import { Menu, type MenuItem } from '../../components/menu.js';
import { PageHeader } from '../../components/page-header.js';
import type { Side } from '../../components/reorder.js';
import { EmptyState, ErrorState, Notice, Skeleton } from '../../components/states.js';
import { type Column, Table } from '../../components/table.js';
import { createJobList, type JobList } from '../../data/job-list.js';
import { useNewMessages } from '../../data/live-jobs.js';
import { comebacks, connection, loadFaultOf } from '../../data/service.js';
import { useCommands } from '../../keyboard/shortcuts.js';
import { navigate, type QuerySignal, queryList, queryText, setQuery } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { jobColumns, PHONE_COLUMNS, STANDARD_COLUMNS, serviceSort, WIDE_COLUMNS } from './job-columns.js';
import { canCancel, cancelJobs, canPause, deleteJobs, hasEnded, pauseJobs, resumeJobs } from './list-actions.js';
import { isQueued, moveBeside, moveByOne, moveOutcome, moveToTop } from './queue-moves.js';

const status = queryList('status');
const name = queryText('name');
const tag = queryText('tag');
const chosenSort = queryText('sort');
const cols = queryList('cols');

/** Order of the queue, which can be changed in the table. */
const QUEUE_ORDER = 'status';
/** The queue is shown in its order, other jobs with the newest first. */
function standardSort(): string {
  const isQueue =
    status.value.includes('queued') && status.value.every((each) => each === 'queued' || each === 'paused');
  return isQueue ? QUEUE_ORDER : '-created';
}
const effectiveSort = (): string => (serviceSort(chosenSort.value) === undefined ? standardSort() : chosenSort.value);
const setSort = (next: string): string => (next === standardSort() ? '' : next);
const sort: QuerySignal<string> = {
  get value() {
    return effectiveSort();
  },
  set value(next) {
    chosenSort.value = setSort(next);
  },
  peek: effectiveSort,
  push: (next) => chosenSort.push(setSort(next)),
};

const STATUSES: readonly JobStatus[] = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'];
/** Time between two loads while the stream is refused, in milliseconds. */
const POLL_MS = 10_000;
const MAX_COMPARED = 12;
const LABEL = /^[A-Za-z0-9._-]{1,64}:.*$/s;

export function JobsPage() {
  const [statuses, label] = [status.value.join(','), LABEL.test(tag.value) ? tag.value : ''];
  const order = serviceSort(sort.value);
  const list = useMemo(() => {
    const filter = { status: statuses === '' ? [] : statuses.split(','), metadata: label === '' ? [] : [label] };
    return createJobList(filter, order);
  }, [statuses, label]);
  useEffect(() => {
    if (order !== undefined) void list.sortBy(order);
  }, [list, order]);
  const current = useRef(list);
  current.current = list;
  const stream = useNewMessages((message) => current.current.take(message), {
    onStart: () => void current.current.reload(),
  });
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current || stream.peek() !== 'connecting') void list.reload();
    isFirst.current = false;
    return () => list.dispose();
  }, [list]);
  const back = comebacks.value;
  useEffect(() => {
    if (back > 0) void current.current.reload();
  }, [back]);
  useEffect(() => {
    if (stream.value !== 'refused') return;
    const timer = setInterval(() => void current.current.reload(), POLL_MS);
    return () => clearInterval(timer);
  }, [stream.value]);
  return (
    <>
      <PageHeader
        title="Jobs"
        actions={
          <ButtonLink to={to('newJob')} kind="primary" icon="plus">
            New job
          </ButtonLink>
        }
      />
      <div class="stack">
        <Filters />
        <Body list={list} />
      </div>
    </>
  );
}

function Filters() {
  const choosing = useSignal(false);
  return (
    <search class="jobs-filters" aria-label="Filter jobs">
      <input
        class="input"
        type="search"
        aria-label="Name or id contains"
        placeholder="Name or id"
        value={name.value}
        onInput={(event) => {
          name.value = event.currentTarget.value;
        }}
      />
      <input
        class="input"
        type="search"
        aria-label="Tag, as name:value"
        placeholder="team:vision"
        value={tag.value}
        onChange={(event) => {
          tag.value = event.currentTarget.value;
        }}
      />
      <fieldset class="jobs-statuses">
        <legend class="visually-hidden">Status</legend>
        {STATUSES.map((each) => (
          <button
            key={each}
            type="button"
            class="jobs-chip"
            aria-pressed={status.value.includes(each)}
            onClick={() => {
              const chosen = status.value;
              status.value = chosen.includes(each) ? chosen.filter((other) => other !== each) : [...chosen, each];
            }}
          >
            {each}
          </button>
        ))}
      </fieldset>
      <Button
        kind="quiet"
        small
        icon="table"
        onClick={() => {
          choosing.value = true;
        }}
      >
        Columns
      </Button>
      {choosing.value && <ColumnDialog onClose={() => (choosing.value = false)} />}
    </search>
  );
}

function standardColumns(): readonly string[] {
  if (matchMedia('(max-width: 640px)').matches) return PHONE_COLUMNS;
  return matchMedia('(min-width: 1500px)').matches ? WIDE_COLUMNS : STANDARD_COLUMNS;
}
const chosenColumns = (): readonly string[] => (cols.value.length > 0 ? cols.value : standardColumns());

function ColumnDialog({ onClose }: { onClose: () => void }) {
  const all = jobColumns(() => []);
  const chosen = chosenColumns();
  return (
    <Dialog
      title="Columns"
      onClose={onClose}
      actions={
        <>
          <Button
            onClick={() => {
              cols.value = [];
            }}
          >
            Standard columns
          </Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div class="stack-s">
        {all
          .filter(({ id }) => id !== 'name')
          .map(({ id, title }) => (
            <CheckField
              key={id}
              label={title}
              value={chosen.includes(id)}
              onInput={(isChosen) => {
                const next = all
                  .map((column) => column.id)
                  .filter((each) => (each === id ? isChosen : chosen.includes(each)));
                cols.value = next.join() === standardColumns().join() ? [] : next;
              }}
            />
          ))}
      </div>
    </Dialog>
  );
}

function Body({ list }: { list: JobList }) {
  const jobs = list.jobs.value;
  const selected = useSignal<ReadonlySet<string>>(new Set());
  const edited = useSignal<Job | undefined>(undefined);
  if (jobs === undefined) {
    if (list.error.value !== undefined)
      return <ErrorState error={list.error.value} onRetry={() => void list.reload()} />;
    return <Skeleton lines={8} height={24} />;
  }
  const isFiltered = status.value.length > 0 || name.value !== '' || tag.value !== '';
  if (jobs.length === 0 && !isFiltered) return <NoJobs />;
  const wanted = name.value.toLowerCase();
  const rows = jobs.filter(({ id, spec }) => spec.name.includes(wanted) || id.startsWith(wanted));
  const chosen = rows.filter(({ id }) => selected.value.has(id));
  return (
    <>
      {list.error.value !== undefined && (
        <Notice tone="warn">{`Shown as it was: ${loadFaultOf(list.error.value)}`}</Notice>
      )}
      {tag.value !== '' && !LABEL.test(tag.value) && (
        <Notice tone="warn">A tag filter is a name and a value: team:vision. This one is ignored.</Notice>
      )}
      <JobTable list={list} rows={rows} selected={selected} edited={edited} />
      <More list={list} count={jobs.length} shown={rows.length} />
      {chosen.length > 0 && <Selection jobs={chosen} list={list} selected={selected} />}
      {edited.value !== undefined && (
        <EditTexts job={edited.value} onClose={() => (edited.value = undefined)} onSaved={list.put} />
      )}
    </>
  );
}

function JobTable({
  list,
  rows,
  selected,
  edited,
}: {
  list: JobList;
  rows: readonly Job[];
  selected: Signal<ReadonlySet<string>>;
  edited: Signal<Job | undefined>;
}) {
  const chosen = chosenColumns().join();
  const columns = useMemo((): readonly Column<Job>[] => {
    const ids = chosen.split(',');
    const menu: Column<Job> = {
      id: 'menu',
      title: 'Actions',
      isTitleHidden: true,
      width: '44px',
      cell: (job) => <Menu label={`Actions for ${job.spec.name}`} items={itemsFor(job, list, edited)} />,
    };
    return [...jobColumns(list.lossesOf).filter(({ id }) => id === 'name' || ids.includes(id)), menu];
  }, [chosen, list]);
  const isReorderable = sort.value === QUEUE_ORDER && connection.value !== 'away' && rows.some(isQueued);
  const reorder = useMemo(
    () => ({
      isMovable: isQueued,
      move: (job: Job, other: Job, side: Side) => moveBeside(job, other, side, list),
    }),
    [list],
  );
  return (
    <>
      <span role="status" class="visually-hidden">
        {moveOutcome.value}
      </span>
      <Table
        label="Jobs"
        reorder={isReorderable ? reorder : undefined}
        rows={rows}
        columns={columns}
        rowKey={({ id }) => id}
        sort={sort}
        selected={selected}
        onOpen={({ id }) => navigate(to('job', { id }))}
        empty={
          <EmptyState
            title="No job fits the filter"
            icon="filter"
            actions={
              <Button onClick={() => setQuery({ status: undefined, name: undefined, tag: undefined })}>
                Show all jobs
              </Button>
            }
          />
        }
      />
    </>
  );
}

function itemsFor(job: Job, list: JobList, edited: Signal<Job | undefined>): readonly MenuItem[] {
  const { id, status: now } = job;
  const disabled = connection.value === 'away' ? 'The service does not answer' : undefined;
  const items: (MenuItem | false)[] = [
    {
      title: 'Edit notes and tags',
      icon: 'edit',
      run: () => {
        edited.value = job;
      },
    },
    { title: 'Clone', icon: 'copy', run: () => navigate(to('newJob', { copy: `job:${id}` })) },
    now === 'queued' && {
      title: 'Move to the top of the queue',
      icon: 'up',
      disabled,
      run: () => void moveToTop(job, list),
    },
    ...(now === 'queued' && sort.value === QUEUE_ORDER ? stepItems(job, list, disabled) : []),
    canPause(job) && { title: 'Pause', icon: 'pause', disabled, run: () => void pauseJobs([job], list.put) },
    now === 'paused' && { title: 'Resume', icon: 'play', disabled, run: () => void resumeJobs([job], list.put) },
    canCancel(job) && {
      title: 'Cancel',
      icon: 'stop',
      isDanger: true,
      disabled,
      run: () => void cancelJobs([job], list.put),
    },
    hasEnded(job) && {
      title: 'Delete',
      icon: 'trash',
      isDanger: true,
      disabled,
      run: () => void deleteJobs([job], list.forget),
    },
  ];
  return items.filter((item): item is MenuItem => item !== false);
}

/** Moves by one place. */
const stepItems = (job: Job, list: JobList, disabled: string | undefined): readonly MenuItem[] =>
  (
    [
      ['Move up', 'before', 'chevron-up'],
      ['Move down', 'after', 'chevron-down'],
    ] as const
  ).map(([title, side, icon]) => ({
    ...{ title, icon, disabled },
    run: () => moveByOne(job, side, list),
  }));

/** Actions on the selected jobs. */
function Selection({
  jobs,
  list,
  selected,
}: {
  jobs: readonly Job[];
  list: JobList;
  selected: Signal<ReadonlySet<string>>;
}) {
  const compare = (): void => navigate(to('compare', { jobs: jobs.map(({ id }) => id) }));
  const isAway = connection.value === 'away';
  const isComparable = jobs.length >= 2 && jobs.length <= MAX_COMPARED;
  useCommands(
    () =>
      isComparable
        ? [{ id: 'compare-jobs', title: 'Compare the selected jobs', group: 'Jobs', keys: 'c', run: compare }]
        : [],
    [jobs.map(({ id }) => id).join()],
  );
  return (
    <section class="jobs-selection" aria-label="Selected jobs">
      <strong>{`${plural(jobs.length, 'job')} selected`}</strong>
      <Button
        small
        icon="compare"
        kind="primary"
        disabled={!isComparable}
        title={isComparable ? undefined : `Select 2 to ${MAX_COMPARED} jobs to compare them`}
        onClick={compare}
      >
        Compare
      </Button>
      {jobs.some(canPause) && (
        <Button small icon="pause" disabled={isAway} onClick={() => void pauseJobs(jobs, list.put)}>
          Pause
        </Button>
      )}
      {jobs.some((job) => job.status === 'paused') && (
        <Button small icon="play" disabled={isAway} onClick={() => void resumeJobs(jobs, list.put)}>
          Resume
        </Button>
      )}
      {jobs.some(canCancel) && (
        <Button small icon="stop" disabled={isAway} onClick={() => void cancelJobs(jobs, list.put)}>
          Cancel
        </Button>
      )}
      {jobs.some(hasEnded) && (
        <Button small icon="trash" kind="danger" disabled={isAway} onClick={() => void deleteJobs(jobs, list.forget)}>
          Delete
        </Button>
      )}
      <Button small kind="quiet" icon="close" label="Select none" onClick={() => (selected.value = new Set())} />
    </section>
  );
}

/** Loads more jobs as the reader comes near the end of the table. */
function More({ list, count, shown }: { list: JobList; count: number; shown: number }) {
  const end = useRef<HTMLDivElement>(null);
  const hasMore = list.hasMore.value;
  const isLoading = list.isLoading.value;
  useEffect(() => {
    // After an error the reader decides, or the page would ask again and again.
    if (end.current === null || !hasMore || isLoading || list.error.value !== undefined) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) void list.loadMore();
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasMore, isLoading, list, shown]);
  return (
    <div class="jobs-more small muted" ref={end}>
      <span role="status">
        {shown === count ? plural(count, 'job') : `${shown} of ${plural(count, 'job')}`}
        {hasMore && (sort.value === '-created' ? ', the newest' : ', the first in this order')}
        {hasMore && name.value !== '' && '. The name applies to these'}
      </span>
      {hasMore && (
        <Button small busy={isLoading} onClick={() => void list.loadMore(Number.POSITIVE_INFINITY)}>
          Load all
        </Button>
      )}
    </div>
  );
}

function NoJobs() {
  return (
    <EmptyState
      title="There is no job yet"
      icon="jobs"
      actions={
        <ButtonLink to={to('newJob')} kind="primary" icon="plus">
          Train a network
        </ButtonLink>
      }
    >
      A job trains one network on one data set. Its curves appear here while it runs.
    </EmptyState>
  );
}
