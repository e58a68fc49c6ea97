/** Overview of a service: running jobs, the queue, workers, models and disk. */
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Job, WorkerInfo } from 'trainyard';
import { ButtonLink } from '../../components/button.js';
import { Card } from '../../components/card.js';
import { Stat, Stats } from '../../components/facts.js';
import { bytes, count, percent, plural } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { PageHeader } from '../../components/page-header.js';
import { Progress } from '../../components/progress.js';
import { StatusPill } from '../../components/status.js';
import { Time } from '../../components/time.js';
import { useNewMessages } from '../../data/live-jobs.js';
import { to } from '../../router/routes.js';
import type { HomeData } from './home-data.js';
import { type LiveCurves, noteFrame, RunningJob } from './running-job.js';

const QUEUE_SHOWN = 5;
const MODELS_SHOWN = 6;

export function Overview({ data, refresh }: { data: HomeData; refresh: () => Promise<void> }) {
  const curves = useMemo<LiveCurves>(() => new Map(), []);
  useNewMessages(
    (message) => {
      if (message.type === 'step') noteFrame(curves, message);
      if (message.type === 'status' || message.type === 'end' || message.type === 'notice') void refresh();
    },
    { types: ['step', 'status', 'end'] },
  );
  const { running, queued, paused, ended, workers } = data;
  return (
    <>
      <PageHeader title="Home" />
      <div class="stack">
        <Numbers data={data} />
        {data.models.length > 0 && <NextSteps />}
        {running.length > 0 && (
          <Card title="Running" actions={<Link to={to('jobs', { status: 'running' })}>All running jobs</Link>}>
            <ul class="running-jobs">
              {running.map((job) => (
                <RunningJob key={job.id} job={job} curves={curves} />
              ))}
            </ul>
          </Card>
        )}
        <div class="home-columns">
          <Queue queued={queued} paused={paused} isIdle={running.length === 0} />
          <Card title="Ended" actions={<Link to={to('jobs')}>All jobs</Link>}>
            <JobLines jobs={ended} empty="No job has ended yet." />
          </Card>
          <Models models={data.models} />
          <Workers workers={workers} />
        </div>
      </div>
    </>
  );
}

/** Row of what to do once there is a model. */
function NextSteps() {
  return (
    <div class="next-steps">
      <strong>Next</strong>
      <ButtonLink small icon="image" to={to('try')}>
        Try a model
      </ButtonLink>
      <ButtonLink small icon="folder" to={to('datasets')}>
        Train on your own images
      </ButtonLink>
    </div>
  );
}

function Numbers({ data: { running, queued, paused, workers, models, storage } }: { data: HomeData }) {
  const fit = workers.filter(({ fault }) => fault === undefined).length;
  const used = storage.totalBytes - storage.freeBytes;
  return (
    <Stats>
      <Stat label="Running jobs" value={count(running.length)} note={`${plural(fit, 'worker')} ready`} />
      <Stat
        label="In the queue"
        value={countOf(queued)}
        note={paused.jobs.length > 0 ? `${countOf(paused)} paused` : 'none paused'}
      />
      <Stat label="Models" value={count(models.length)} note={<Link to={to('models')}>see all</Link>} />
      <Stat
        label="Free disk space"
        value={bytes(storage.freeBytes)}
        note={
          <>
            {`${bytes(used)} of ${bytes(storage.totalBytes)} in use`}
            <Progress
              share={used / storage.totalBytes}
              label="Disk in use"
              tone={storage.freeBytes < storage.totalBytes / 20 ? 'bad' : 'muted'}
            />
          </>
        }
      />
    </Stats>
  );
}

type Page = HomeData['queued'];

/** Returns the number of jobs of a page, with a `+` if there are more. */
const countOf = ({ jobs, nextCursor }: Page): string => `${count(jobs.length)}${nextCursor === undefined ? '' : '+'}`;

/** The next jobs, then those that are paused. */
function Queue({ queued, paused, isIdle }: { queued: Page; paused: Page; isIdle: boolean }) {
  const jobs = [...queued.jobs, ...paused.jobs];
  const rest = jobs.length - QUEUE_SHOWN;
  const hasMore = queued.nextCursor !== undefined || paused.nextCursor !== undefined;
  return (
    <Card title="Queue" actions={<Link to={to('jobs', { status: 'queued,paused', sort: 'status' })}>Whole queue</Link>}>
      <JobLines
        jobs={jobs.slice(0, QUEUE_SHOWN)}
        empty={isIdle ? 'Nothing waits. Workers begin a new job at once.' : 'Nothing waits.'}
      />
      {rest > 0 && <p class="muted small">{`and ${count(rest)}${hasMore ? '+' : ''} more`}</p>}
    </Card>
  );
}

function JobLines({ jobs, empty }: { jobs: readonly Job[]; empty: string }) {
  if (jobs.length === 0) return <p class="muted">{empty}</p>;
  return (
    <ul class="home-lines">
      {jobs.map((job) => (
        <Line
          key={job.id}
          place={to('job', { id: job.id })}
          name={job.spec.name}
          end={<StatusPill status={job.status} />}
        >
          {job.position !== undefined && `number ${job.position} · `}
          {job.scores && `${percent(job.scores.testAccuracy)} accuracy on test images · `}
          <Time at={job.endedAt ?? job.createdAt} />
        </Line>
      ))}
    </ul>
  );
}

function Line({
  place,
  name,
  end,
  children,
}: {
  place: string;
  name: string;
  end?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <li class="home-line">
      <Link to={place} class="name home-line-name">
        {name}
      </Link>
      <span class="home-line-end">{end}</span>
      <span class="muted small home-line-note">{children}</span>
    </li>
  );
}

function Models({ models }: { models: HomeData['models'] }) {
  const newest = [...models]
    .sort((a, b) => b.latest.createdAt.localeCompare(a.latest.createdAt))
    .slice(0, MODELS_SHOWN);
  return (
    <Card title="Newest models" actions={<Link to={to('models')}>All models</Link>}>
      {newest.length === 0 ? (
        <p class="muted">The first model appears here once a job has succeeded.</p>
      ) : (
        <ul class="home-lines">
          {newest.map(({ name, latest }) => (
            <Line
              key={name}
              place={to('version', { name, version: latest.version })}
              name={name}
              end={`version ${latest.version}`}
            >
              <Time at={latest.createdAt} />
            </Line>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Workers({ workers }: { workers: readonly WorkerInfo[] }) {
  return (
    <Card title="Workers" actions={<Link to={to('system')}>System</Link>}>
      {workers.length === 0 ? (
        <p class="muted">No worker is connected.</p>
      ) : (
        <ul class="home-lines">
          {workers.map(({ host, pid, processor, cores, memoryBytes, fault }) => (
            <Line
              key={`${host}-${pid}`}
              place={to('system')}
              name={host}
              end={fault === undefined ? 'ready' : 'takes no jobs'}
            >
              {`${processor} · ${plural(cores, 'core')} · ${bytes(memoryBytes)} for a job`}
            </Line>
          ))}
        </ul>
      )}
    </Card>
  );
}
