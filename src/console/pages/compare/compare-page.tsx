/** Comparison of jobs: curves, the fields that differ, results, and a scatter of two numbers. */
import './compare-page.css';
import type { Job } from 'trainyard';
import { Button, ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { CurveControls, Curves, curveView } from '../../components/curves.js';
import { CheckField } from '../../components/field.js';
import { duration, measured, percent, shortId } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { PageHeader } from '../../components/page-header.js';
import { seriesColors } from '../../components/series-colors.js';
import { EmptyState, Notice, Skeleton } from '../../components/states.js';
import { StatusPill } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { useResource } from '../../data/resource.js';
import { client, isGone, loadFaultOf } from '../../data/service.js';
import { queryFlag, queryList, queryText } from '../../router/router.js';
import { to } from '../../router/routes.js';
import { type FieldRow, specRows } from './job-numbers.js';
import { Scatter } from './scatter.js';
import { type ComparedJob, type Runs, useRuns } from './use-runs.js';

const ids = queryList('jobs');
const onlyDifferent = queryFlag('diff', true);
const across = queryText('across');
const up = queryText('up', 'test');
const sort = queryText('sort', '-test');
const view = curveView();

/** More curves in one chart cannot be told apart. */
const MAX_JOBS = 12;

export function ComparePage() {
  const wanted = [...new Set(ids.value)].slice(0, MAX_JOBS);
  const runs = useRuns(wanted);
  return (
    <>
      <PageHeader title="Compare" parents={[['Jobs', to('jobs')]]} />
      <div class="stack">
        {ids.value.length > MAX_JOBS && (
          <Notice tone="warn">{`At most ${MAX_JOBS} jobs are compared: the first ${MAX_JOBS} of the address.`}</Notice>
        )}
        <JobChips wanted={wanted} runs={runs} />
        {wanted.length === 0 ? <Nothing /> : <Comparison runs={runs} />}
      </div>
    </>
  );
}

function Nothing() {
  return (
    <EmptyState
      title="Choose jobs to compare"
      icon="compare"
      actions={<ButtonLink to={to('jobs')}>Select jobs in the list</ButtonLink>}
    >
      Add jobs above, or select several in the list of jobs and press Compare.
    </EmptyState>
  );
}

type Labelled = Readonly<{ id: string; job: Job; name: string; color: string; run: ComparedJob['run'] }>;

/** Returns the jobs with the name and the colour that stand for them. Names that occur twice get the id. */
function labelled(jobs: readonly ComparedJob[]): readonly Labelled[] {
  const colors = seriesColors(jobs.map(({ id }) => id));
  const names = jobs.map(({ job }) => job?.spec.name);
  return jobs.flatMap(({ id, job, run }) => {
    if (job === undefined) return [];
    const isTwice = names.filter((name) => name === job.spec.name).length > 1;
    const name = isTwice ? `${job.spec.name} ${shortId(id)}` : job.spec.name;
    return [{ id, job, name, run, color: colors.get(id) ?? 'currentColor' }];
  });
}

function JobChips({ wanted, runs }: { wanted: readonly string[]; runs: Runs }) {
  const shown = labelled(runs.jobs.value ?? []);
  return (
    <div class="compare-jobs">
      {wanted.map((id) => {
        const found = shown.find((each) => each.id === id);
        const name = found?.name ?? shortId(id);
        return (
          <span key={id} class="compare-job">
            <span class="compare-swatch" style={{ color: found?.color ?? 'var(--muted)' }} />
            <span class="name">{name}</span>
            <Button
              kind="quiet"
              small
              icon="close"
              label={`Remove ${name}`}
              onClick={() => {
                ids.value = wanted.filter((each) => each !== id);
              }}
            />
          </span>
        );
      })}
      {wanted.length < MAX_JOBS && <AddJob wanted={wanted} />}
    </div>
  );
}

function AddJob({ wanted }: { wanted: readonly string[] }) {
  const recent = useResource((signal) => client.jobs.list({ limit: 100, signal }).page(), [], { key: 'jobs/recent' });
  const others = (recent.data.value?.jobs ?? []).filter(({ id }) => !wanted.includes(id));
  return (
    <select
      class="input compare-add"
      aria-label="Add a job"
      value=""
      onChange={({ currentTarget }) => {
        if (currentTarget.value !== '') ids.value = [...wanted, currentTarget.value];
        currentTarget.value = '';
      }}
    >
      <option value="">Add a job…</option>
      {recent.error.value !== undefined && <option disabled>{loadFaultOf(recent.error.value)}</option>}
      {others.map(({ id, spec, status }) => (
        <option key={id} value={id}>{`${spec.name} · ${shortId(id)} · ${status}`}</option>
      ))}
    </select>
  );
}

const Retry = ({ onClick }: { onClick: () => void }) => (
  <Button small icon="refresh" onClick={onClick}>
    Try again
  </Button>
);

function Comparison({ runs }: { runs: Runs }) {
  const found = runs.jobs.value;
  if (found === undefined) return <Skeleton lines={8} height={28} />;
  const jobs = labelled(found);
  return (
    <>
      {found.flatMap(({ id, error }) =>
        error === undefined
          ? []
          : [
              <Notice key={id} tone="warn" actions={!isGone(error) && <Retry onClick={runs.retry} />}>
                {`Job ${shortId(id)} ${isGone(error) ? 'was deleted, or never existed.' : `cannot be shown: ${loadFaultOf(error)}`}`}
              </Notice>,
            ],
      )}
      {jobs.length > 0 && (
        <>
          <Results jobs={jobs} />
          <CurveControls view={view} runs={jobs} />
          <Curves runs={jobs} view={view} version={runs.version} />
          <Differences jobs={jobs} />
          <Scatter jobs={jobs} across={across} up={up} />
        </>
      )}
    </>
  );
}

const share = (value: number | undefined): string => percent(value);

const RESULT_COLUMNS: readonly Column<Labelled>[] = [
  {
    id: 'name',
    title: 'Job',
    sort: ({ name }) => name,
    cell: ({ id, name, color }) => (
      <span class="compare-name">
        <span class="compare-swatch" style={{ color }} />
        <Link to={to('job', { id })} class="name">
          {name}
        </Link>
      </span>
    ),
  },
  { id: 'status', title: 'Status', cell: ({ job }) => <StatusPill status={job.status} /> },
  {
    id: 'epoch',
    title: 'Epoch',
    align: 'end',
    sort: ({ job }) => job.scores?.epoch,
    cell: ({ job }) => job.scores?.epoch,
  },
  number(
    'best',
    'Best validation',
    (job) => job.bestScores?.validationAccuracy,
    (value, job) => (job.bestScores ? `${percent(value)} · epoch ${job.bestScores.epoch}` : percent(undefined)),
  ),
  number('test', 'Test', (job) => job.scores?.testAccuracy, share),
  number('train', 'Train', (job) => job.scores?.trainAccuracy, share),
  number('trainLoss', 'Train loss', (job) => job.scores?.trainLoss, measured),
  number('testLoss', 'Test loss', (job) => job.scores?.testLoss, measured),
  number(
    'took',
    'Took',
    ({ startedAt, endedAt }) =>
      startedAt && endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000 : undefined,
    duration,
  ),
];

function number(
  id: string,
  title: string,
  of: (job: Job) => number | undefined,
  format: (value: number | undefined, job: Job) => string,
): Column<Labelled> {
  return { id, title, align: 'end', sort: ({ job }) => of(job), cell: ({ job }) => format(of(job), job) };
}

function Results({ jobs }: { jobs: readonly Labelled[] }) {
  return (
    <Card title="Results" flush>
      <Table label="Results" rows={jobs} columns={RESULT_COLUMNS} rowKey={({ id }) => id} sort={sort} />
    </Card>
  );
}

function Differences({ jobs }: { jobs: readonly Labelled[] }) {
  const rows = specRows(jobs.map(({ job }) => job));
  const shown = onlyDifferent.value ? rows.filter(({ differs }) => differs) : rows;
  const columns: readonly Column<FieldRow>[] = [
    { id: 'field', title: 'Field', cell: ({ field }) => <span class="compare-field">{field}</span> },
    ...jobs.map(
      ({ id, name }, index): Column<FieldRow> => ({
        id,
        title: name,
        cell: ({ values }) => <bdi title={values[index]}>{values[index]}</bdi>,
      }),
    ),
  ];
  return (
    <Card
      title="Settings"
      actions={
        <CheckField
          label="Only those that differ"
          value={onlyDifferent.value}
          onInput={(value) => {
            onlyDifferent.value = value;
          }}
        />
      }
      flush
    >
      <Table
        label="Settings"
        rows={shown}
        columns={columns}
        rowKey={({ field }) => field}
        rowClass={({ differs }) => (differs && !onlyDifferent.value ? 'compare-differs' : undefined)}
        empty={
          <EmptyState
            title={jobs.length === 1 ? 'One job alone differs in nothing' : 'All settings are equal'}
            icon="check"
          />
        }
      />
    </Card>
  );
}
