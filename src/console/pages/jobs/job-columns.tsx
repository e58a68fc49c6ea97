/** Columns of the table of jobs, and the numbers in them. */

import type { Job, JobSort } from 'trainyard';
import { leftText } from '../../../wording/time-text.js';
import { count, duration, measured, NONE, percent, plural, rate, setting, shortId } from '../../components/format.js';
import { Icon } from '../../components/icon.js';
import { Link } from '../../components/link.js';
import { Progress } from '../../components/progress.js';
import { Sparkline } from '../../components/sparkline.js';
import { Pill, StatusPill } from '../../components/status.js';
import type { Column } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { to } from '../../router/routes.js';

/** Columns that are shown unless the reader chooses others. */
export const STANDARD_COLUMNS = ['name', 'status', 'progress', 'best', 'test', 'tags', 'created'] as const;
/** Columns that a wide screen shows unless the reader chooses others. */
export const WIDE_COLUMNS = ['name', 'status', 'progress', 'loss', 'best', 'test', 'took', 'tags', 'created'] as const;

/** Columns that a phone shows, each as a line. */
export const PHONE_COLUMNS = ['name', 'status', 'progress', 'best', 'test', 'created'] as const;

/** Tags that fit into a cell. */
const MAX_TAGS = 1;

/** Returns the share of the training that is done, 0–1. */
export function shareDone({ status, progress, spec }: Job): number | undefined {
  if (status === 'succeeded') return 1;
  if (progress === undefined) return status === 'queued' ? 0 : undefined;
  return Math.min(1, (progress.epoch - 1 + progress.step / progress.steps) / spec.epochs);
}

/**
 * Returns the seconds that a running job still needs at its recent rate. Scoring comes on top. Undefined before the last of several phases,
 * since each has a rate of its own.
 */
export function secondsLeft({ status, progress, spec }: Job): number | undefined {
  if (status !== 'running' || !progress?.imagesPerSecond) return undefined;
  const isLastPhase = progress.epoch > spec.epochs - (spec.phases?.at(-1)?.epochs ?? spec.epochs);
  if (!isLastPhase) return undefined;
  const steps = (spec.epochs - progress.epoch + 1) * progress.steps - progress.step;
  return (steps * spec.batchSize) / progress.imagesPerSecond;
}

const secondsTaken = ({ startedAt, endedAt }: Job): number | undefined =>
  startedAt !== undefined && endedAt !== undefined ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000 : undefined;

const bestOf = ({ bestScores }: Job): number | undefined => bestScores?.validationAccuracy;

/** Orders of the service by the columns that can be sorted. The column of the status sorts by position in the queue. */
const SORTS: Readonly<Record<string, string>> = {
  ...{ name: 'name', status: 'position', loss: 'trainLoss', best: 'bestAccuracy', test: 'testAccuracy' },
  ...{ validation: 'validationAccuracy', dataset: 'dataset', network: 'network', rate: 'learningRate' },
  ...{ batch: 'batchSize', took: 'duration', created: 'created', ended: 'ended' },
};

/** Returns the order of the service for the sort of the table, such as `-best`. Undefined for an unknown column. */
export function serviceSort(sort: string): JobSort | undefined {
  const field = SORTS[sort.replace(/^-/, '')];
  return field === undefined ? undefined : ((sort.startsWith('-') ? `-${field}` : field) as JobSort);
}

const COLUMNS: readonly Column<Job>[] = [
  {
    id: 'name',
    title: 'Job',
    sort: ({ spec }) => spec.name,
    cell: ({ id, spec }) => (
      <span class="jobs-name">
        <Link to={to('job', { id })} class="name">
          {spec.name}
        </Link>
        <span class="muted small number">{shortId(id)}</span>
      </span>
    ),
  },
  {
    id: 'status',
    title: 'Status',
    sort: ({ position }) => position,
    cell: (job) => <Status job={job} />,
  },
  {
    id: 'progress',
    title: 'Progress',
    cell: (job) => <JobProgress job={job} />,
  },
  {
    id: 'best',
    title: 'Best',
    align: 'end',
    sort: bestOf,
    cell: (job) =>
      job.bestScores === undefined ? (
        NONE
      ) : (
        <span title={`Validation accuracy of epoch ${job.bestScores.epoch}, the best`}>{percent(bestOf(job))}</span>
      ),
  },
  {
    id: 'test',
    title: 'Test',
    align: 'end',
    sort: ({ scores }) => scores?.testAccuracy,
    cell: ({ scores }) =>
      scores === undefined ? (
        NONE
      ) : (
        <span title={`Test accuracy of epoch ${scores.epoch}, the last`}>{percent(scores.testAccuracy)}</span>
      ),
  },
  {
    id: 'validation',
    title: 'Last validation',
    align: 'end',
    sort: ({ scores }) => scores?.validationAccuracy,
    cell: ({ scores }) => percent(scores?.validationAccuracy),
  },
  { id: 'dataset', title: 'Data set', sort: ({ spec }) => spec.dataset.name, cell: ({ spec }) => spec.dataset.name },
  { id: 'network', title: 'Network', sort: ({ spec }) => spec.network, cell: ({ spec }) => spec.network },
  {
    id: 'rate',
    title: 'Learning rate',
    align: 'end',
    sort: ({ spec }) => spec.optimizer.learningRate,
    cell: ({ spec }) => setting(spec.optimizer.learningRate),
  },
  {
    id: 'batch',
    title: 'Batch',
    align: 'end',
    sort: ({ spec }) => spec.batchSize,
    cell: ({ spec }) => count(spec.batchSize),
  },
  {
    id: 'speed',
    title: 'Images',
    align: 'end',
    cell: ({ progress }) => rate(progress?.imagesPerSecond),
  },
  {
    id: 'took',
    title: 'Took',
    align: 'end',
    sort: secondsTaken,
    cell: (job) => duration(secondsTaken(job)),
  },
  {
    id: 'priority',
    title: 'Priority',
    align: 'end',
    cell: ({ priority }) => priority,
  },
  { id: 'tags', title: 'Tags and notes', cell: (job) => <Tags job={job} /> },
  {
    id: 'model',
    title: 'Model',
    cell: ({ model }) =>
      model === undefined ? (
        <span class="muted">{NONE}</span>
      ) : (
        <Link to={to('version', model)} class="name">{`${model.name}@${model.version}`}</Link>
      ),
  },
  {
    id: 'created',
    title: 'Created',
    sort: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'ended',
    title: 'Ended',
    sort: ({ endedAt }) => endedAt,
    cell: ({ endedAt }) => (endedAt === undefined ? <span class="muted">{NONE}</span> : <Time at={endedAt} />),
  },
];

/** Returns all columns. `lossesOf` has the latest losses of a running job. */
export function jobColumns(lossesOf: (id: string) => readonly number[]): readonly Column<Job>[] {
  const loss: Column<Job> = {
    id: 'loss',
    title: 'Loss',
    align: 'end',
    sort: ({ scores }) => scores?.trainLoss,
    cell: (job) => <Loss job={job} values={lossesOf(job.id)} />,
  };
  const behind = COLUMNS.findIndex(({ id }) => id === 'progress') + 1;
  return [...COLUMNS.slice(0, behind), loss, ...COLUMNS.slice(behind)];
}

function Status({
  job: { status, position, cancelRequestedAt, pauseRequestedAt, endedAt, error, reason },
}: {
  job: Job;
}) {
  const request =
    endedAt === undefined && cancelRequestedAt
      ? 'cancelling'
      : status === 'running' && pauseRequestedAt
        ? 'pausing'
        : undefined;
  return (
    <span class="jobs-status" title={error?.message ?? reason?.message}>
      <StatusPill status={status} />
      {position !== undefined && <span class="muted small">{`#${Math.ceil(position)}`}</span>}
      {request !== undefined && <span class="muted small">{request}</span>}
    </span>
  );
}

function JobProgress({ job }: { job: Job }) {
  const { progress, status, spec } = job;
  if (status === 'succeeded') return <span class="muted">{plural(job.scores?.epoch ?? spec.epochs, 'epoch')}</span>;
  if (progress === undefined) return <span class="muted">{`0 / ${count(spec.epochs)}`}</span>;
  const left = secondsLeft(job);
  const place = `epoch ${progress.epoch} of ${spec.epochs}`;
  return (
    <span class="jobs-progress">
      {(status === 'running' || status === 'paused') && (
        <Progress share={shareDone(job)} label={place} tone={status === 'paused' ? 'warn' : 'accent'} />
      )}
      <span class="small muted">
        {`${count(Math.min(progress.epoch, spec.epochs))} / ${count(spec.epochs)}`}
        {left !== undefined && ` · ${leftText(left)}`}
      </span>
    </span>
  );
}

function Loss({ job: { scores, status }, values }: { job: Job; values: readonly number[] }) {
  const [first, last] = [values[0], values.at(-1)];
  const isLive = status === 'running' && first !== undefined && last !== undefined && values.length > 1;
  return (
    <span class="jobs-loss">
      {isLive && (
        <Sparkline values={values} width={56} height={20} label={`Loss from ${measured(first)} to ${measured(last)}`} />
      )}
      <span>{isLive ? measured(last) : measured(scores?.trainLoss)}</span>
    </span>
  );
}

function Tags({ job: { metadata, notes } }: { job: Job }) {
  const labels = Object.entries(metadata);
  if (labels.length === 0 && notes === undefined) return <span class="muted">{NONE}</span>;
  return (
    <span class="jobs-tags">
      {labels.slice(0, MAX_TAGS).map(([key, value]) => (
        <Pill key={key}>
          <bdi class="jobs-tag" title={`${key}: ${value}`}>{`${key}: ${value}`}</bdi>
        </Pill>
      ))}
      {labels.length > MAX_TAGS && <span class="muted small">{`+${labels.length - MAX_TAGS}`}</span>}
      {notes !== undefined && labels.length > 0 && (
        <span class="jobs-note muted" title={notes}>
          <Icon name="edit" size={13} label={`Notes: ${notes}`} />
        </span>
      )}
      {notes !== undefined && labels.length === 0 && (
        <bdi class="small muted name" title={notes}>
          {notes}
        </bdi>
      )}
    </span>
  );
}
