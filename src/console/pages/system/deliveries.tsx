/** Webhook deliveries of all jobs, the newest first. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { WebhookDelivery } from 'trainyard';
import { Button } from '../../components/button.js';
import { count, plural, shortId } from '../../components/format.js';
import type { IconName } from '../../components/icon.js';
import { Link } from '../../components/link.js';
import { EmptyState, Loaded, Notice } from '../../components/states.js';
import { Pill, type Tone } from '../../components/status.js';
import { type Column, Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { useResource } from '../../data/resource.js';
import { client } from '../../data/service.js';
import { queryText } from '../../router/router.js';
import { to } from '../../router/routes.js';

const REFRESH_MS = 10_000;
/** Deliveries that are loaded at first, and more with each page. */
const PAGE = 100;

const OUTCOMES: Readonly<Record<WebhookDelivery['outcome'], readonly [Tone, IconName]>> = {
  delivered: ['good', 'check'],
  retrying: ['warn', 'refresh'],
  failed: ['bad', 'warning'],
};

const sort = queryText('sort', '-at');

type Newest = Readonly<{ rows: readonly WebhookDelivery[]; hasMore: boolean }>;

/** Loads the newest deliveries in pages, up to `wanted`. */
async function loadDeliveries(wanted: number, signal: AbortSignal): Promise<Newest> {
  const rows: WebhookDelivery[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.jobs.deliveries(undefined, { limit: PAGE, cursor, signal }).page();
    rows.push(...page.deliveries);
    cursor = page.nextCursor;
  } while (cursor !== undefined && rows.length < wanted);
  return { rows, hasMore: cursor !== undefined };
}

export function Deliveries() {
  const wanted = useSignal(PAGE);
  const deliveries = useResource((signal) => loadDeliveries(wanted.value, signal), [wanted.value], {
    key: `deliveries ${wanted.value}`,
    everyMs: REFRESH_MS,
  });
  // The rows so far stay while more are loaded.
  const latest = useRef<Newest>(undefined);
  latest.current = deliveries.data.value ?? latest.current;
  if (latest.current === undefined) return <Loaded resource={deliveries}>{() => null}</Loaded>;
  const { rows, hasMore } = latest.current;
  const failed = rows.filter(({ outcome }) => outcome === 'failed').length;
  return (
    <>
      {failed > 0 && (
        <Notice tone="warn">{`${count(failed)} of these messages were given up. Check the receiver, or its address.`}</Notice>
      )}
      <Table
        label="Webhook deliveries"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ job, id }) => `${job} ${id}`}
        sort={sort}
        empty={<NoDeliveries />}
      />
      {rows.length > 0 && (
        <p class="muted small row deliveries-more">
          {`${plural(rows.length, 'message')}${hasMore ? ', the newest' : ''}`}
          {hasMore && (
            <Button small busy={deliveries.isLoading.value} onClick={() => (wanted.value += PAGE)}>
              Show older ones
            </Button>
          )}
        </p>
      )}
    </>
  );
}

function NoDeliveries() {
  return (
    <EmptyState title="No messages to webhooks" icon="link">
      A job sends its frames to the addresses in <code>webhooks</code> of its request, and to <code>WEBHOOK_URL</code>.
      None was sent yet.
    </EmptyState>
  );
}

const COLUMNS: readonly Column<WebhookDelivery>[] = [
  { id: 'at', title: 'Sent', cell: ({ at }) => <Time at={at} />, sort: ({ at }) => at },
  {
    id: 'outcome',
    title: 'Outcome',
    sort: ({ outcome }) => outcome,
    cell: ({ outcome }) => {
      const [tone, icon] = OUTCOMES[outcome];
      return (
        <Pill tone={tone} icon={icon}>
          {outcome}
        </Pill>
      );
    },
  },
  {
    id: 'job',
    title: 'Job',
    cell: ({ job }) => <Link to={to('job', { id: job })}>{shortId(job)}</Link>,
    sort: ({ job }) => job,
  },
  { id: 'type', title: 'Message', cell: ({ type }) => type, sort: ({ type }) => type },
  { id: 'url', title: 'Address', cell: ({ url }) => <span class="name">{url}</span>, sort: ({ url }) => url },
  {
    id: 'attempt',
    title: 'Attempt',
    align: 'end',
    cell: ({ attempt }) => count(attempt),
    sort: ({ attempt }) => attempt,
  },
  {
    id: 'answer',
    title: 'Answer',
    cell: ({ status, error }) => <span title={error}>{status ?? error ?? ''}</span>,
  },
  {
    id: 'milliseconds',
    title: 'Time',
    align: 'end',
    sort: ({ milliseconds }) => milliseconds,
    cell: ({ milliseconds }) => `${count(milliseconds)} ms`,
  },
];
