/** One job: progress, curves, events, settings, and everything that can be done with it. */
import './job-page.css';
import type { Job } from 'trainyard';
import { CurveControls, Curves, curveView } from '../../components/curves.js';
import { count } from '../../components/format.js';
import { PageHeader } from '../../components/page-header.js';
import { EmptyState, ErrorState, Loaded, Notice, Skeleton } from '../../components/states.js';
import { StatusPill } from '../../components/status.js';
import { type Tab, Tabs } from '../../components/tabs.js';
import { Time } from '../../components/time.js';
import { TryPanel } from '../../components/try/try-panel.js';
import { loadFaultOf } from '../../data/service.js';
import { queryOneOf } from '../../router/router.js';
import { type ParamsOf, to } from '../../router/routes.js';
import { CheckpointsTab } from './checkpoints-tab.js';
import { EventsTab } from './events-tab.js';
import { Failure } from './failure.js';
import { JobActions } from './job-actions.js';
import { type JobFeed, useJobFeed } from './job-feed.js';
import { JobProgress } from './job-progress.js';
import { SpecTab } from './spec-tab.js';

const IDS = ['curves', 'events', 'spec', 'checkpoints', 'try'] as const;
const tab = queryOneOf('tab', IDS);
const view = curveView();

export function JobPage({ id }: ParamsOf<'job'>) {
  const feed = useJobFeed(id);
  const job = feed.job.data.value;
  return (
    <>
      <PageHeader
        title={job?.spec.name ?? 'Job'}
        parents={[['Jobs', to('jobs')]]}
        aside={job && <StatusPill status={job.status} />}
        note={job && <Origin job={job} />}
        actions={job && <JobActions job={job} refresh={feed.job.refresh} />}
      />
      <Loaded resource={feed.job}>
        {(found) => (
          <div class="stack">
            <Failure job={found} />
            <JobProgress job={found} feed={feed} />
            <Tabs label="Parts of the job" value={tab} tabs={tabsOf(found, feed)} />
          </div>
        )}
      </Loaded>
    </>
  );
}

function Origin({ job: { id, createdAt, attempt } }: { job: Job }) {
  return (
    <>
      Job <code>{id}</code>, submitted <Time at={createdAt} />
      {attempt > 1 && `, attempt ${attempt}`}
    </>
  );
}

function tabsOf(job: Job, feed: JobFeed): readonly Tab<(typeof IDS)[number]>[] {
  return [
    { id: 'curves', title: 'Curves', content: () => <CurvesTab job={job} feed={feed} /> },
    { id: 'events', title: 'Events', content: () => <EventsTab job={job} events={feed.events} /> },
    { id: 'spec', title: 'Settings', content: () => <SpecTab job={job} refresh={feed.job.refresh} /> },
    { id: 'checkpoints', title: 'Checkpoints', content: () => <CheckpointsTab job={job} feed={feed} /> },
    { id: 'try', title: 'Try', content: () => <TryTab job={job} /> },
  ];
}

function CurvesTab({ job, feed }: { job: Job; feed: JobFeed }) {
  const run = feed.run.value;
  const { value: failure } = feed.failure;
  feed.version.value;
  if (run === undefined) return failure === undefined ? <Skeleton lines={6} /> : <NotLoaded failure={failure} />;
  if (run.length() === 0) return <NoCurves job={job} />;
  const leftOut = feed.leftOut.value;
  return (
    <div class="stack">
      <div class="row-between">
        <CurveControls view={view} runs={curveRuns(job, run)} />
        {leftOut > 0 && (
          <span class="muted small">{`${count(leftOut)} steps are not drawn. The lines keep every extreme.`}</span>
        )}
      </div>
      {failure !== undefined && <Notice tone="warn">{`Not live at the moment: ${loadFaultOf(failure)}`}</Notice>}
      <Curves runs={curveRuns(job, run)} view={view} version={feed.version} />
    </div>
  );
}

const NotLoaded = ({ failure }: { failure: unknown }) => (
  <ErrorState title="The curves could not be loaded" error={failure} note="The page tries again by itself." />
);

let drawn: Readonly<{ run: unknown; runs: Parameters<typeof Curves>[0]['runs'] }> | undefined;

/** Returns the same list for the same run, so that charts that did not change are not made again. */
function curveRuns(job: Job, run: NonNullable<JobFeed['run']['value']>) {
  if (drawn?.run !== run) drawn = { run, runs: [{ id: job.id, name: job.spec.name, run }] };
  return drawn.runs;
}

const NO_CURVES: Readonly<Record<Job['status'], string>> = {
  queued: 'The curves begin with the first step, once a worker takes the job.',
  running: 'The trainer loads its data and builds the network. The curves begin with the first step.',
  paused: 'The job was paused before its first step.',
  succeeded: 'The job has left no frames.',
  failed: 'The job failed before its first step.',
  cancelled: 'The job was cancelled before its first step.',
};

const NoCurves = ({ job: { status } }: { job: Job }) => (
  <EmptyState title="No curves yet" icon="chart">
    {NO_CURVES[status]}
  </EmptyState>
);

function TryTab({ job }: { job: Job }) {
  if (job.model) return <TryPanel model={`${job.model.name}@${job.model.version}`} />;
  if (job.status === 'queued' && job.scores === undefined)
    return (
      <EmptyState title="Nothing to try yet" icon="try">
        After its first epoch the job has a checkpoint, which can classify your images while the job trains on.
      </EmptyState>
    );
  if (job.scores === undefined)
    return (
      <EmptyState title="No epoch has ended yet" icon="try">
        After the first epoch the best checkpoint so far can classify your images, while the job trains on.
      </EmptyState>
    );
  const checkpoint = job.bestScores === undefined ? 'last' : 'best';
  return (
    <div class="stack">
      <p class="muted">{`Classifies with the ${checkpoint} checkpoint of the job, also while it trains.`}</p>
      <TryPanel model={`job:${job.id}@${checkpoint}`} />
    </div>
  );
}
