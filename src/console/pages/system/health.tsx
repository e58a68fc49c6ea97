/** Workers, the checks of /readyz, and the queue. */
import type { Readiness, WorkerInfo } from 'trainyard';
import { Card } from '../../components/card.js';
import { Stat, Stats } from '../../components/facts.js';
import { bytes, count } from '../../components/format.js';
import { Link } from '../../components/link.js';
import { EmptyState, Loaded } from '../../components/states.js';
import { Pill } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { to } from '../../router/routes.js';

const REFRESH_MS = 5_000;
/** Jobs of a status that are counted; beyond it the count has a `+`. */
const COUNTED = 100;

async function loadHealth(signal: AbortSignal) {
  const tally = async (status: string): Promise<string> => {
    const { jobs, nextCursor } = await client.jobs.list({ status, limit: COUNTED, signal }).page();
    return `${count(jobs.length)}${nextCursor === undefined ? '' : '+'}`;
  };
  const [readiness, workers, running, queued, paused] = await Promise.all([
    client.service.ready({ signal }),
    client.workers.list({ signal }),
    tally('running'),
    tally('queued'),
    tally('paused'),
  ]);
  return { readiness, workers, running, queued, paused };
}

export function Health() {
  const health = useResource(loadHealth, [], { key: 'health', everyMs: REFRESH_MS });
  return (
    <Loaded resource={health}>
      {({ readiness, workers, running, queued, paused }) => (
        <div class="stack">
          <Stats>
            <Stat
              label="Running jobs"
              value={running}
              note={<Link to={to('jobs', { status: 'running' })}>show</Link>}
            />
            <Stat label="Queued jobs" value={queued} note={<Link to={to('jobs', { status: 'queued' })}>show</Link>} />
            <Stat label="Paused jobs" value={paused} note={<Link to={to('jobs', { status: 'paused' })}>show</Link>} />
            <Stat label="Workers" value={count(workers.length)} note={slotsText(workers)} />
          </Stats>
          <Checks readiness={readiness} />
          <Card title="Workers" flush>
            <Table
              label="Workers"
              columns={WORKERS}
              rows={workers}
              rowKey={({ host, pid }) => `${host}-${pid}`}
              empty={<NoWorkers />}
            />
          </Card>
        </div>
      )}
    </Loaded>
  );
}

function slotsText(workers: readonly WorkerInfo[]): string {
  const slots = workers
    .filter(({ fault }) => fault === undefined)
    .reduce((sum, { concurrency }) => sum + concurrency, 0);
  return `train ${count(slots)} ${slots === 1 ? 'job' : 'jobs'} at a time`;
}

function NoWorkers() {
  return (
    <EmptyState title="No worker is connected" icon="system">
      Jobs wait in the queue until a worker starts. <code>npm start</code> runs one, and so does the worker image.
    </EmptyState>
  );
}

/** What a check means, for people. */
const CHECKED: Readonly<Record<string, string>> = {
  redis: 'Redis answers and accepts writes.',
  predictor: 'Models can predict.',
  disk: 'Enough disk space is free.',
  storage: 'Models, checkpoints and data sets can be written.',
  workers: 'A worker takes jobs.',
  datasets: 'Fashion-MNIST is complete.',
};

function Checks({ readiness }: { readiness: Readiness }) {
  const isReady = readiness.status === 'ready';
  return (
    <Card
      title="Checks"
      actions={
        <Pill tone={isReady ? 'good' : 'bad'} icon={isReady ? 'check' : 'warning'}>
          {readiness.status}
        </Pill>
      }
    >
      <ul class="checks">
        {readiness.checks.map(({ name, ok, detail }) => (
          <li key={name} class="check">
            <Pill tone={ok ? 'good' : 'bad'} icon={ok ? 'check' : 'warning'}>
              {ok ? 'passed' : 'failed'}
            </Pill>
            <span class="check-name">{name}</span>
            <span class="muted wrap-anywhere">{detail ?? CHECKED[name]}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const BFLOAT16: Readonly<Record<WorkerInfo['bfloat16'], string>> = {
  amx: 'AMX',
  avx512: 'AVX-512',
  gpu: 'GPU',
  none: 'no',
};

const WORKERS: readonly Column<WorkerInfo>[] = [
  { id: 'host', title: 'Host', cell: ({ host }) => <span class="name">{host}</span> },
  {
    id: 'state',
    title: 'State',
    cell: ({ fault }) =>
      fault === undefined ? (
        <Pill tone="good" icon="check">
          ready
        </Pill>
      ) : (
        <span title={fault}>
          <Pill tone="bad" icon="warning">
            takes no jobs
          </Pill>
        </span>
      ),
  },
  { id: 'processor', title: 'Processor', cell: ({ processor }) => <span class="name">{processor}</span> },
  { id: 'cores', title: 'Cores', align: 'end', cell: ({ cores }) => count(cores) },
  { id: 'memory', title: 'Memory for a job', align: 'end', cell: ({ memoryBytes }) => bytes(memoryBytes) },
  { id: 'bfloat16', title: 'bfloat16', cell: ({ bfloat16 }) => BFLOAT16[bfloat16] },
  { id: 'slots', title: 'Jobs at a time', align: 'end', cell: ({ concurrency }) => count(concurrency) },
  { id: 'seen', title: 'Seen', cell: ({ seenAt }) => <Time at={seenAt} /> },
];
